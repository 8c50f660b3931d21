package paging

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"

	"guestjourney/activities/wording"
)

// Priorities of a page, as they are written in it.
const (
	High   = "HIGH"
	Medium = "MEDIUM"
	Low    = "LOW"
)

// Page is what staff are told.
type Page struct {
	Room     string // "3": a short label, no name
	Priority string // High, Medium or Low
	Code     string // of the alarm: "HR-LOW"
	// Key names the page: the same for everything that is sent about one
	// transition of an alarm, whoever sends it. Its reference ends the text.
	Key string
	// Fallback marks a page that was sent past the workflow.
	Fallback bool
}

const (
	primary  = "The bedside monitor is the primary alarm."
	fallback = "Fallback page."
)

// The forms leave no place for a sentence, a date of birth or a number to call.
var (
	roomForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,12}$`)
	codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$`)
)

// maxCode is far above the longest code.
const maxCode = 24

// Text is the page as a text message: one segment of 160 characters.
func (p Page) Text() string {
	parts := []string{p.Subject() + ".", primary}
	if p.Fallback {
		parts = []string{p.Subject() + ".", fallback, primary}
	}
	return strings.Join(parts, " ") + wording.Reference(p.Key)
}

// Subject is the page in one line, without its reference.
func (p Page) Subject() string {
	p = p.clean()
	return "Room " + p.Room + ": " + p.Priority + ", code " + p.Code
}

// twiML is the page as a call: said twice, because the first words of a call
// are easily missed.
func (p Page) twiML() string {
	clean := p.clean()
	said := "Room " + spoken(clean.Room) + ". Priority " + strings.ToLower(clean.Priority) + ". Code " + spoken(clean.Code) + ". "
	if p.Fallback {
		said += fallback + " "
	}
	said += primary
	const say = `<Say language="en-US">`
	return "<Response>" + say + escaped(said) + `</Say><Pause length="1"/>` + say + escaped("Again. "+said) + "</Say></Response>"
}

// clean returns the page with what must not be in one left out. A page is not
// refused for its words: somebody must come, and sees the rest on arrival.
func (p Page) clean() Page {
	if !roomForm.MatchString(p.Room) {
		p.Room = "unknown"
	}
	if len(p.Code) > maxCode || !codeForm.MatchString(p.Code) {
		p.Code = "UNKNOWN"
	}
	if p.Priority != Medium && p.Priority != Low {
		p.Priority = High // what is not known to be less is pressing
	}
	return p
}

// spoken separates what a voice would run together: "HR-LOW" is said "HR, LOW".
func spoken(code string) string { return strings.ReplaceAll(code, "-", ", ") }

// escaped writes a text for XML; a buffer takes everything.
func escaped(text string) string {
	var buffer bytes.Buffer
	_ = xml.EscapeText(&buffer, []byte(text))
	return buffer.String()
}

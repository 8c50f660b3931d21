package staff

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"guestjourney/activities/paging"
)

// The file's form. Shifts are added up; their order is the order in which those
// on duty at the same time are paged.
type form struct {
	// Zone is the property's, an IANA name; all times of day are its clock's.
	Zone   string       `json:"zone"`
	People []personForm `json:"people"`
	Shifts []shiftForm  `json:"shifts"`
	// CoversUntil is the last day, 2027-12-31, on which somebody must be on duty
	// around the clock.
	CoversUntil string `json:"coversUntil"`
	// Failsafe is the code of the person who is paged last, on duty or not.
	Failsafe string `json:"failsafe"`
}

type personForm struct {
	Code  string   `json:"code"`  // "p-ana": opaque, it is in histories
	Roles []string `json:"roles"` // "nurse", "physician", …
	// Tokens are the hashes of what the person signs in with, see HashToken.
	Tokens []string `json:"tokens"`
	// Contact is how to reach the person, the best way first, each channel once.
	Contact []contactForm `json:"contact"`
}

type contactForm struct {
	Channel paging.Channel `json:"channel"`
	To      string         `json:"to"`
}

// shiftForm is one with days, every week, or one with a date, once.
type shiftForm struct {
	Person string   `json:"person"`
	Days   []string `json:"days"` // "mon" … "sun"
	// First and Last bound a weekly shift; empty does not.
	First string `json:"first"`
	Last  string `json:"last"`
	Date  string `json:"date"`
	From  string `json:"from"` // "19:00"
	// To is on the next day unless it is later than From.
	To string `json:"to"`
}

// decode reads the file strictly: an unknown or repeated field is an error. The
// library's texts are not used, because they quote values.
func decode(text []byte) (form, error) {
	var read form
	if !utf8.Valid(text) {
		return form{}, errors.New("is not UTF-8")
	}
	err := json.Unmarshal(text, &read, json.RejectUnknownMembers(true))
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return read, nil
	case errors.As(err, &syntactic):
		what := "is not JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			what = "a field is there twice"
		}
		return form{}, located(text, syntactic.ByteOffset, syntactic.JSONPointer, what)
	case errors.As(err, &semantic):
		what := "is not of the expected kind"
		if errors.Is(err, json.ErrUnknownName) {
			what = "is no field of this file"
		}
		return form{}, located(text, semantic.ByteOffset, semantic.JSONPointer, what)
	default:
		return form{}, errors.New("is not JSON")
	}
}

// located says where in the file something is wrong.
func located(text []byte, offset int64, pointer jsontext.Pointer, what string) error {
	offset = min(max(offset, 0), int64(len(text)))
	line := 1 + bytes.Count(text[:offset], []byte{'\n'})
	if field := fieldOf(pointer); field != "" {
		what = field + ": " + what
	}
	return fmt.Errorf("line %d: %s", line, what)
}

// fieldToken is the form of a name or a place in a list; anything else could be
// a number or a token that somebody has put where a name belongs.
var fieldToken = regexp.MustCompile(`^([A-Za-z]{1,20}|[0-9]{1,4})$`)

// fieldOf writes a pointer as people[2].code.
func fieldOf(pointer jsontext.Pointer) string {
	var field strings.Builder
	for token := range pointer.Tokens() {
		switch {
		case !fieldToken.MatchString(token):
			token = "…"
			fallthrough
		case token[0] > '9':
			if field.Len() > 0 {
				field.WriteByte('.')
			}
			field.WriteString(token)
		default:
			field.WriteString("[" + token + "]")
		}
	}
	return field.String()
}

package sandbox

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// twilioCall is a call that was placed. What is said in it is its TwiML, which a
// real call would speak; nobody answers here.
type twilioCall struct {
	SID       string    `json:"sid"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Twiml     string    `json:"twiml"`
	EffectKey string    `json:"effectKey"`
	CreatedAt time.Time `json:"createdAt"`
}

// maxTwiml is Twilio's limit of inline TwiML, in bytes.
const maxTwiml = 4000

func (s *Server) twilioPlaceCall(c *call) answer {
	form := c.form()
	if refused := s.twilioCheckCall(form); refused != nil {
		return *refused
	}
	placed := twilioCall{
		SID: "CA" + randomHex(16), From: form.Get("From"), To: form.Get("To"), Twiml: form.Get("Twiml"), EffectKey: c.entry.EffectKey, CreatedAt: s.now(),
	}
	s.twilio.calls.put(placed.SID, placed)
	return answer{status: http.StatusCreated, effect: true, objectID: placed.SID, body: s.renderCall(placed)}
}

// twilioCheckCall refuses what Twilio refuses. Only inline TwiML is known here:
// an address of it would be fetched from the house.
func (s *Server) twilioCheckCall(form url.Values) *answer {
	refuse := func(code int, format string, values ...any) *answer {
		refused := twilioError(http.StatusBadRequest, code, fmt.Sprintf(format, values...))
		return &refused
	}
	to, from, twiml := form.Get("To"), form.Get("From"), form.Get("Twiml")
	switch {
	case to == "":
		return refuse(21201, "No 'To' number is specified")
	case from == "":
		return refuse(21213, "No 'From' number is specified")
	case twiml == "":
		return refuse(21205, "Url parameter is required")
	case !e164.MatchString(from):
		return refuse(21210, "Source phone number %s is not yet verified", masked(from))
	case !e164.MatchString(to):
		return refuse(21217, "Phone number %s does not appear to be valid", masked(to))
	case len(twiml) > maxTwiml:
		return refuse(21218, "Twiml is longer than %d characters", maxTwiml)
	case spokenWords(twiml) == "":
		return refuse(12100, "Document parse failure")
	}
	return nil // a STOP ends texts; a call rings all the same
}

// spokenWords are the texts of a TwiML document; empty if it is none.
func spokenWords(twiml string) string {
	decoder := xml.NewDecoder(strings.NewReader(twiml))
	var words []string
	rooted := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && rooted {
			return strings.Join(words, " ")
		}
		if err != nil {
			return ""
		}
		switch part := token.(type) {
		case xml.StartElement:
			if !rooted && part.Name.Local != "Response" {
				return ""
			}
			rooted = true
		case xml.CharData:
			if text := strings.TrimSpace(string(part)); text != "" {
				words = append(words, text)
			}
		}
	}
}

func (s *Server) renderCall(placed twilioCall) map[string]any {
	account := s.config.Secrets.TwilioAccountSID
	stamp := placed.CreatedAt.Format(time.RFC1123Z)
	return map[string]any{
		"sid": placed.SID, "account_sid": account, "from": placed.From, "to": placed.To, "status": "queued", "direction": "outbound-api",
		"date_created": stamp, "date_updated": stamp, "start_time": nil, "end_time": nil, "duration": nil, "price": nil, "price_unit": "USD",
		"api_version": "2010-04-01", "uri": "/2010-04-01/Accounts/" + account + "/Calls/" + placed.SID + ".json",
	}
}

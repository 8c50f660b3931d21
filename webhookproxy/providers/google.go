package providers

import (
	"errors"
	"net/http"
	"regexp"
	"time"
)

// google: a push of Google Calendar says that something changed in a watched
// calendar, and not what. Its body is empty and nothing is signed: the token
// that the channel was made with is all that proves it, and since who knows it
// may write any header, an event can do no more than have the calendar read.
func google(Config) Provider {
	return Provider{
		Name: "google", BodyLimit: 4 * kilobyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{bears("GOOGLE_CHANNEL_TOKENS", "X-Goog-Channel-Token")},
		Routes:  []Route{{Path: "/webhooks/google", Events: googleEvents}},
	}
}

// The forms of the headers that are read.
var (
	googleChannel = regexp.MustCompile(`^[A-Za-z0-9+/=_-]{1,64}$`)
	googleNumber  = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	googleState   = regexp.MustCompile(`^[a-z_]{1,32}$`)
)

// googleEvents names a message by channel and number. The first one of a
// channel only says that it is there. Gaps between numbers are normal.
func googleEvents(delivery Delivery) ([]Event, error) {
	channel, okChannel := onlyHeader(delivery.Header, "X-Goog-Channel-ID", googleChannel)
	number, okNumber := onlyHeader(delivery.Header, "X-Goog-Message-Number", googleNumber)
	state, okState := onlyHeader(delivery.Header, "X-Goog-Resource-State", googleState)
	if !okChannel || !okNumber || !okState {
		return nil, errors.New("X-Goog-Channel-ID, X-Goog-Message-Number or X-Goog-Resource-State is missing, repeated or malformed")
	}
	if state == "sync" {
		return nil, nil
	}
	return []Event{{Account: channel, ID: number, Type: state}}, nil
}

// onlyHeader is a header's only value, if it has the form.
func onlyHeader(header http.Header, name string, form *regexp.Regexp) (string, bool) {
	values := header.Values(name)
	if len(values) != 1 || !form.MatchString(values[0]) {
		return "", false
	}
	return values[0], true
}

package paging

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// BaseURL is where Twilio answers.
const BaseURL = "https://api.twilio.com"

// timeout of one page: shorter than options.Page.StartToClose.
const timeout = 5 * time.Second

// ringing is how long a call rings, in seconds: less than until the next rung of
// the ladder is called.
const ringing = "25"

// Operations, as errors and metrics name them.
const (
	operationText = "messages.create"
	operationCall = "calls.create"
)

// Config is what an account needs.
type Config struct {
	AccountSID string
	// APIKeySID and APIKeySecret sign in.
	APIKeySID    string
	APIKeySecret string
	// From is a number in E.164 or a messaging service (MG...).
	From string
	// CallFrom is the number that calls; empty is From. A messaging service calls
	// nobody.
	CallFrom string
	// BaseURL sends requests elsewhere; empty is Twilio's own.
	BaseURL string
	// Timeout bounds one page; 0 is 5 s.
	Timeout time.Duration
	// Client returns the client for one call; nil is one of the package's own. It
	// must not follow redirects.
	Client func(ctx context.Context, operation string) *http.Client
}

// Pager pages people. It may be used by many goroutines.
type Pager struct{ config Config }

var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// New returns a Pager, or an error that names what is missing.
func New(config Config) (*Pager, error) {
	config.CallFrom = cmp.Or(config.CallFrom, config.From)
	for _, needed := range []struct{ name, value string }{
		{"account SID", config.AccountSID}, {"API key SID", config.APIKeySID},
		{"API key secret", config.APIKeySecret}, {"sender number or service", config.From},
	} {
		if needed.value == "" {
			return nil, fmt.Errorf("paging: the %s is not set", needed.name)
		}
	}
	if !number.MatchString(config.CallFrom) {
		return nil, errors.New("paging: the number that calls is not in E.164; a messaging service cannot call, give a number beside it")
	}
	config.BaseURL = strings.TrimRight(cmp.Or(config.BaseURL, BaseURL), "/")
	if base, err := url.Parse(config.BaseURL); err != nil || base.Host == "" {
		return nil, errors.New("paging: the base URL is not of the form http(s)://host[:port][/path]")
	}
	config.Timeout = cmp.Or(config.Timeout, timeout)
	if config.Client == nil {
		own := newClient()
		config.Client = func(context.Context, string) *http.Client { return own }
	}
	return &Pager{config: config}, nil
}

// newClient keeps connections for less time than Twilio does, so that a page
// rarely meets one that has just been closed.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.IdleConnTimeout, transport.TLSHandshakeTimeout = 30*time.Second, 3*time.Second
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Receipt is what Twilio says about a page.
type Receipt struct {
	ID string // of the message or call
	// HandedAt is when Twilio had it; zero for one that is undeliverable.
	HandedAt time.Time
	// Undeliverable: this person cannot be reached this way, now or later. Not an
	// error: the next person is to be paged at once.
	Undeliverable bool
	// Reason is Twilio's code of an undeliverable one.
	Reason string
}

// Text pages by text message; to is in E.164. Errors are *failure.Error.
func (p *Pager) Text(ctx context.Context, to string, page Page) (Receipt, error) {
	form := url.Values{"To": {to}, "Body": {page.Text()}}
	if strings.HasPrefix(p.config.From, "MG") {
		form.Set("MessagingServiceSid", p.config.From)
	} else {
		form.Set("From", p.config.From)
	}
	return p.page(ctx, operationText, "Messages.json", form)
}

// Call pages by telephone call; to is in E.164. Errors are *failure.Error.
func (p *Pager) Call(ctx context.Context, to string, page Page) (Receipt, error) {
	return p.page(ctx, operationCall, "Calls.json", url.Values{
		"To": {to}, "From": {p.config.CallFrom}, "Twiml": {page.twiML()}, "Timeout": {ringing},
	})
}

func (p *Pager) page(ctx context.Context, operation, resource string, form url.Values) (Receipt, error) {
	got, err := p.send(ctx, operation, resource, form)
	if err != nil {
		return Receipt{}, err
	}
	return receipt(operation, got)
}

// receipt reads an answer that came whole.
func receipt(operation string, got answer) (Receipt, error) {
	code := got.code()
	switch {
	case undeliverable[code], got.accepted() && hopeless[got.Status]:
		return Receipt{ID: got.SID, Undeliverable: true, Reason: cmp.Or(text(code), string(got.Status))}, nil
	case !got.accepted():
		return Receipt{}, refused(operation, got)
	default:
		return Receipt{ID: got.SID, HandedAt: time.Now().UTC()}, nil
	}
}

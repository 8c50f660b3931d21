// Package telemetry tells the telemetry process which sessions to watch, and which
// pages are made.
//
// Called by the worker, which hands a Desk to the ports activities/watching and
// activities/paging. It owns
// the form of the calls, each of which is signed as a Standard Webhook with the
// secret that both sides have. It promises that a call is one attempt and may be
// repeated, and that no error holds a body.
package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/activities/provider"
	"guestjourney/activities/watching"
	"guestjourney/internal/signedcall"
)

// Name is the provider layer's name of the telemetry process.
const Name = "telemetry"

// prefix begins the workflow IDs of sessions; what comes behind it names them
// here.
const prefix = "session/"

// address is replaced by the client's base URL.
const address = "http://telemetry.invalid/telemetry/v1/sessions/"

// Desk is a watching.Desk. It may be used by many goroutines.
type Desk struct {
	sign *standardwebhooks.Webhook
	out  *provider.Client
	now  func() time.Time
}

var (
	_ watching.Desk = (*Desk)(nil)
	_ paging.Outbox = (*Desk)(nil)
)

// New returns a Desk whose calls are signed with a Standard Webhooks secret
// ("whsec_..."), or an error that names what is missing. The client's base URL is
// where the process answers.
func New(secret string, out *provider.Client) (*Desk, error) {
	if out == nil {
		return nil, errors.New("telemetry: no provider client")
	}
	sign, err := standardwebhooks.NewWebhook(secret)
	if err != nil || secret == "" {
		return nil, errors.New(`telemetry: the secret cannot be read; want "whsec_" and 24 to 64 bytes in base64`)
	}
	return &Desk{sign: sign, out: out, now: time.Now}, nil
}

// Watch begins to watch, or changes how.
func (d *Desk) Watch(ctx context.Context, _ options.Effect, session watching.Session) error {
	return d.call(ctx, "sessions.watch", http.MethodPut, session.Session, "", watched{
		Device: session.Device, Since: session.Since, Room: session.Room, Protocol: session.Protocol, QTcBaseline: session.QTcBaseline,
	})
}

// End stops it. A session that is not known there is not watched.
func (d *Desk) End(ctx context.Context, _ options.Effect, end watching.End) error {
	err := d.call(ctx, "sessions.end", http.MethodPost, end.Session, "/end", when{end.At})
	var failed *failure.Error
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// Handed says that a provider has the page about a transition.
func (d *Desk) Handed(ctx context.Context, session string, number int, at time.Time) error {
	return d.call(ctx, "transitions.handed", http.MethodPut, session, "/transitions/"+strconv.Itoa(number)+"/handed", when{at})
}

// watched is a session without its name, which is in the path.
type watched struct {
	Device      string            `json:"device"`
	Since       time.Time         `json:"since"`
	Room        string            `json:"room"`
	Protocol    watching.Protocol `json:"protocol"`
	QTcBaseline float64           `json:"qtcBaseline,omitempty"`
}

type when struct {
	At time.Time `json:"at"`
}

// call makes one signed request. Of an answer only its status counts.
func (d *Desk) call(ctx context.Context, operation, method, session, rest string, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return failed(operation, "the request cannot be written as JSON")
	}
	request, err := d.request(ctx, operation, method, session, rest, body)
	if err != nil {
		return err
	}
	return d.send(ctx, operation, request)
}

// request makes a signed request about a session.
func (d *Desk) request(ctx context.Context, operation, method, session, rest string, body []byte) (*http.Request, error) {
	name, named := strings.CutPrefix(session, prefix)
	if !named || name == "" {
		return nil, failed(operation, "want the ID of a session")
	}
	request, err := http.NewRequestWithContext(ctx, method, address+url.PathEscape(name)+rest, bytes.NewReader(body))
	if err != nil {
		return nil, failed(operation, "the request cannot be made")
	}
	at, id := d.now(), signedcall.ID(method, request.URL.Path)
	signature, err := d.sign.Sign(id, at, body)
	if err != nil {
		return nil, failed(operation, "the request cannot be signed")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(standardwebhooks.HeaderWebhookID, id)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return request, nil
}

// failed is a call that nobody can make.
func failed(operation, advice string) *failure.Error {
	return &failure.Error{Provider: Name, Operation: operation, Class: failure.InvalidInput, Advice: advice}
}

func (d *Desk) send(ctx context.Context, operation string, request *http.Request) error {
	trace := &provider.Trace{Operation: operation}
	answer, err := d.out.HTTPClient(ctx, trace).Do(request)
	if err != nil {
		return d.out.Classify(operation, 0, "", nil, trace, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 == 2 {
		return nil
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return d.out.Classify(operation, answer.StatusCode, "", answer.Header, trace, err)
}

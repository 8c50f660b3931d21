// Package providers declares who sends webhooks, and what each of them means.
//
// Called by main, which fills a Config, and by the gateway, which serves what
// is declared. One file a provider says where it knocks, how it signs, how its
// body splits into events, which types are acted on, which workflow a signed
// event names, and what handshake it wants; a line in the table adds it. It owns
// no I/O but what a Config hands it: bytes in, events out. It promises that
// every target comes from signed content and has the form that this provider
// may signal, and that events and facts stay small whatever is sent.
package providers

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/workflows/kit"
)

// Provider is the declaration of a sender of webhooks.
type Provider struct {
	Name   string
	Routes []Route
	// BodyLimit is the largest body read, in bytes.
	BodyLimit int64
	// Budget is how long an answer may take: below the sender's own timeout.
	Budget time.Duration
	// Schemes are the ways in which the sender may prove itself.
	Schemes []Scheme
	// Verifier is made of the schemes and their secrets, which may change under
	// it (see Rekey); without a secret it refuses everything.
	Verifier *verify.Rotating
	// Tokens are the environment variables of the tokens that a Challenge asks
	// for, beside the secrets of the schemes.
	Tokens []string
	// Types are the event types acted on; they alone become metric labels.
	Types []string
	// Remember is how long a repeated event is recognised: longer than the
	// sender's own retries, and than a month where nothing dates a signature.
	Remember time.Duration
}

// How long repeats are recognised. 3.2 (6) and (14) of the requirements: the
// senders' longest retries are Stripe's and Meta's, of days; a scheme that signs
// no time can be replayed for ever, and nothing but the memory stops it.
const (
	rememberDay     = 24 * time.Hour
	rememberRetries = 8 * 24 * time.Hour
	rememberUndated = 30 * 24 * time.Hour
)

// Route is one address that the provider calls.
type Route struct {
	Path string
	// Methods are those that bring events; nil means POST alone.
	Methods []string
	// Events reads a verified delivery. An error means malformed; its text says
	// what is wrong and quotes nothing.
	Events func(Delivery) ([]Event, error)
	// Accepted is what a 2xx says; nil means the usual status document.
	Accepted *Answer
	// Reply is what a 2xx says where it depends on what was sent; nil means
	// Accepted. It is asked only after Events took the delivery.
	Reply func(Delivery) Answer
	// Challenge answers a GET by which the sender tries the address out; nil if
	// it sends none. Only who knows the token of the address gets an answer: an
	// error means that this one does not, or, as verify.ErrNoSecret, that no
	// token is configured.
	Challenge func(query url.Values) (Answer, error)
	// Handshake answers a verified delivery that is no event but a question
	// whether anybody is there; nil if there is none. It returns no answer for
	// an event.
	Handshake func(context.Context, Delivery) (*Answer, error)
}

// Answer is a fixed answer that a provider expects.
type Answer struct {
	ContentType string
	Body        string
}

// Delivery is a verified request.
type Delivery struct {
	// Method of the request; few schemes sign it.
	Method string
	// URL is the address that was signed, where the scheme signs one.
	URL    string
	Header http.Header
	Body   []byte
	// ReceivedAt stands in where the sender tells no time.
	ReceivedAt time.Time
	// Match is what proved it.
	Match verify.Match
}

// Event is one thing that a delivery tells.
type Event struct {
	// Account and ID name the event at its provider: the same pair twice is one.
	Account string
	ID      string
	Type    string
	// Signal is what becomes of it; nil if nobody acts on it.
	Signal *Signal
	// Foreign: the type is acted on, but this event belongs to something that
	// is not ours.
	Foreign bool
	// Moot: nobody needs this event once its workflow has closed, such as the
	// report that a message has arrived. Others are then shown to a person.
	Moot bool
	// Asks is set where the sender waits for a body that a workflow knows; nil
	// means that what the route says is enough. A delivery asks once at most.
	Asks Question
}

// Signal is an event on its way to a workflow.
type Signal struct {
	WorkflowID string
	Name       string
	Fact       kit.Fact
	// Start starts the workflow if none is open; nil only signals.
	Start *Start
}

// Start says how a workflow begins that a signal may find absent.
type Start struct {
	WorkflowType string
	TaskQueue    string
	Input        any
}

// Kinds of body limit.
const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

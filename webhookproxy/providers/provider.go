// Package providers declares who sends webhooks, and what each of them means.
//
// Called by main, which fills a Config, and by the gateway, which serves what
// is declared. One file a provider says where it knocks, how it is verified,
// how its body splits into events, which types are acted on, and which workflow
// a signed event names. It owns no I/O: bytes in, events out. It promises that
// every target comes from signed content and has the form that this provider
// may signal.
package providers

import (
	"net/http"
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
	// Verifier proves the sender; without a secret it refuses everything.
	Verifier verify.Verifier
	// Types are the event types acted on; they alone become metric labels.
	Types []string
}

// Route is one address that the provider calls, always with POST.
type Route struct {
	Path string
	// Events reads a verified delivery. An error means malformed; its text says
	// what is wrong and quotes nothing.
	Events func(Delivery) ([]Event, error)
	// Accepted is what a 2xx says; nil means the usual status document.
	Accepted *Answer
}

// Answer is a fixed answer that a provider expects.
type Answer struct {
	ContentType string
	Body        string
}

// Delivery is a verified request.
type Delivery struct {
	// URL is the address that was signed, where the scheme signs one.
	URL    string
	Header http.Header
	Body   []byte
	// ReceivedAt stands in where the sender tells no time.
	ReceivedAt time.Time
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

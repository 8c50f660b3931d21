package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
)

// question is a captured request that is judged.
type question struct {
	settings  verifySettings
	provider  string
	at        time.Time
	given     string // the address as it was given
	base, uri string // as the proxy would have it
	message   verify.Message
}

// Judgement answers the command webhook verify.
type Judgement struct {
	Provider string    `json:"provider"`
	At       time.Time `json:"at"`
	Accepted bool      `json:"accepted"`
	// Status is what the proxy answers.
	Status int `json:"status"`
	// Reason is a code word of why it is refused.
	Reason string `json:"reason,omitempty"`
	// Why and Hints are sentences.
	Why   []string `json:"why"`
	Hints []string `json:"hints,omitempty"`
	// KeyID names the secret that verified it.
	KeyID    string        `json:"keyId,omitempty"`
	SignedAt time.Time     `json:"signedAt,omitzero"`
	Events   []JudgedEvent `json:"events"`
}

// JudgedEvent is what would become of one event.
type JudgedEvent struct {
	Key  string `json:"key"`
	Type string `json:"type"`
	// Decision is "acted_on", "foreign" or "ignored".
	Decision   string `json:"decision"`
	WorkflowID string `json:"workflowId,omitempty"`
	Signal     string `json:"signal,omitempty"`
	// Starts is the type of the workflow that begins if there is none.
	Starts string `json:"starts,omitempty"`
}

// Reasons of a refusal.
const (
	reasonNoSecret    = "no_secret"
	reasonUnavailable = "certificate_unavailable"
	reasonHeader      = "header"
	reasonSignature   = "signature"
	reasonStale       = "stale"
	reasonMalformed   = "malformed"
	reasonEncoded     = "encoded"
	reasonTooLarge    = "too_large"
	reasonRoute       = "route"
	reasonMethod      = "method"
	reasonGreeting    = "handshake"
	reasonOther       = "other"
)

// judge lets the proxy's code decide, and finds out why it did.
func (q question) judge(ctx context.Context) (Judgement, error) {
	source, err := q.settings.secretsAt(q.at)
	if err != nil {
		return Judgement{}, err
	}
	confirmed := false
	declared, err := declare(q.provider, providers.Config{
		Secrets: source.Active, IdentityKey: q.settings.IdentityKey.Bytes(), Starts: q.settings.Rules(), Now: func() time.Time { return q.at },
		Confirm: func(context.Context, string) error { confirmed = true; return nil },
	})
	if err != nil {
		return Judgement{}, err
	}
	t, err := try(ctx, declared, q.base, q.uri, q.message, q.at)
	if err != nil {
		return Judgement{}, err
	}
	t.confirmed = confirmed
	told := Judgement{
		Provider: q.provider, At: q.at, Accepted: t.status >= http.StatusOK && t.status < http.StatusMultipleChoices && t.malformed == nil, Status: t.status,
		Events: eventsOf(declared, t.events),
	}
	examine := examiner{question: q, declared: declared, secrets: source.Active}
	if told.Accepted {
		return told, examine.praise(&told, t)
	}
	return told, examine.blame(&told, t)
}

func eventsOf(declared providers.Provider, events []providers.Event) []JudgedEvent {
	judged := make([]JudgedEvent, 0, len(events))
	for _, event := range events {
		one := JudgedEvent{Key: parcel.KeyOf(declared.Name, event.Account, event.ID).String(), Type: event.Type, Decision: "ignored"}
		switch {
		case event.Signal != nil:
			one.Decision, one.WorkflowID, one.Signal = "acted_on", event.Signal.WorkflowID, event.Signal.Name
			if event.Signal.Start != nil {
				one.Starts = event.Signal.Start.WorkflowType
			}
		case event.Foreign:
			one.Decision = "foreign"
		}
		judged = append(judged, one)
	}
	return judged
}

// praise says what proves a webhook that is taken.
func (e examiner) praise(told *Judgement, t *trial) error {
	if t.judged {
		told.KeyID, told.SignedAt = t.match.KeyID, t.match.SignedAt
		findings, err := e.findings(e.message)
		if err != nil {
			return err
		}
		for _, found := range findings {
			if found.Err == nil {
				told.Why = append(told.Why, proof(found, e.at))
			}
		}
	}
	switch {
	case t.greeted && !t.judged:
		told.Why = append(told.Why, "its token is one of "+strings.Join(e.declared.Tokens, ", ")+": the proxy says the challenge back")
	case t.confirmed:
		told.Why = append(told.Why, "it asks to confirm a subscription, which the proxy does")
	case t.greeted:
		told.Why = append(told.Why, "it asks whether anybody is there: the proxy answers, and no event comes of it")
	case len(t.events) == 0:
		told.Why = append(told.Why, "it brings no event")
	}
	return nil
}

// proof says what a scheme accepted a message for.
func proof(found providers.Finding, at time.Time) string {
	if len(found.Traits.Covers) == 0 {
		return fmt.Sprintf("the token in %s is one of %s (key %s); nothing is signed", found.Traits.Headers[0], found.Variable, found.Match.KeyID)
	}
	text := fmt.Sprintf("signed with %s (key %s)", found.Variable, found.Match.KeyID)
	if found.Match.SignedAt.IsZero() {
		return text + "; no time is signed"
	}
	return fmt.Sprintf("%s at %s, %s", text, found.Match.SignedAt.Format(time.RFC3339), apart(found.Match.SignedAt, at))
}

// apart says how far the signed time is from the one of judging.
func apart(signed, at time.Time) string {
	if signed.After(at) {
		return span(signed.Sub(at)) + " after --at"
	}
	return span(at.Sub(signed)) + " before --at"
}

// blame says why a webhook is not taken.
func (e examiner) blame(told *Judgement, t *trial) error {
	switch {
	case t.status == http.StatusNotFound:
		told.refuse(reasonRoute, "%s has no address %s; it has %s", e.provider, pathOf(e.uri), strings.Join(e.paths(), ", "))
	case t.status == http.StatusMethodNotAllowed:
		told.refuse(reasonMethod, "%s does not take %s", pathOf(e.uri), e.message.Method)
	case t.status == http.StatusUnsupportedMediaType:
		told.refuse(reasonEncoded, "Content-Encoding says that the body is compressed; the proxy takes bodies as they are signed")
	case t.status == http.StatusRequestEntityTooLarge:
		told.refuse(reasonTooLarge, "the body has %d bytes; of %s the proxy reads %d", len(e.message.Body), e.provider, e.declared.BodyLimit)
	case t.greeted:
		e.blameGreeting(told, t)
	case t.refused != nil:
		return e.blameSignature(told, t.refused)
	case t.malformed != nil:
		told.refuse(reasonMalformed, "it is verified, but not what %s sends there: %s; the proxy keeps it as a dead letter", e.provider, t.malformed)
	default:
		told.refuse(reasonOther, "the proxy would answer %d", t.status)
	}
	return nil
}

func (j *Judgement) refuse(reason, format string, args ...any) {
	j.Reason = reason
	j.Why = append(j.Why, fmt.Sprintf(format, args...))
}

func (e examiner) blameGreeting(told *Judgement, t *trial) {
	tokens := strings.Join(e.declared.Tokens, ", ")
	switch {
	case t.judged:
		told.refuse(reasonGreeting, "it is verified, but cannot be answered: %s", t.greeting)
	case errors.Is(t.greeting, verify.ErrNoSecret):
		told.refuse(reasonNoSecret, "no token is configured: %s holds none that was valid then", tokens)
	case errors.Is(t.greeting, verify.ErrHeader):
		told.refuse(reasonGreeting, "the token or the challenge is missing from the query, is there twice or is too long")
	default:
		told.refuse(reasonGreeting, "the token in the query is none of %s", tokens)
	}
}

func (e examiner) paths() []string {
	var paths []string
	for _, route := range e.declared.Routes {
		paths = append(paths, route.Path)
	}
	return paths
}

// pathOf leaves the query out, which may hold a token.
func pathOf(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	return path
}

// tell prints a judgement as text.
func (j Judgement) tell(out io.Writer) error {
	var text strings.Builder
	word := "refused"
	if j.Accepted {
		word = "accepted"
	}
	fmt.Fprintf(&text, "%s: the proxy answers %d\n", word, j.Status)
	for _, why := range j.Why {
		text.WriteString("  " + why + "\n")
	}
	for _, hint := range j.Hints {
		text.WriteString("  hint: " + hint + "\n")
	}
	for _, event := range j.Events {
		text.WriteString("  event " + event.Key + ": " + event.words() + "\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (e JudgedEvent) words() string {
	switch e.Decision {
	case "acted_on":
		text := fmt.Sprintf("%s, signal %s to %s", e.Type, e.Signal, e.WorkflowID)
		if e.Starts != "" {
			text += ", which starts as a " + e.Starts + " if it is not open"
		}
		return text
	case "foreign":
		return e.Type + ", foreign: acted on, but it names no workflow of ours"
	}
	if e.Type == "" {
		return "without a type, ignored"
	}
	return e.Type + ", ignored: nobody acts on this type"
}

// shown is an address without its query and credentials.
func shown(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return parsed.Scheme + "://" + parsed.Host + parsed.EscapedPath()
}

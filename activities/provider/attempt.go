package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"guestjourney/activities/options"
)

// ErrSecondAttempt refuses a second request through one HTTPClient: an SDK
// that retries or follows would hide an attempt from Temporal.
var ErrSecondAttempt = errors.New("refused: one call is one attempt; take a new HTTPClient for another request")

// ErrRedirected refuses an answer that points elsewhere: followed, it would be
// a second request to an address that nobody configured.
var ErrRedirected = errors.New("the provider answered with a redirect, which is not followed")

// ErrRate ends a call that did not get its turn before its deadline.
var ErrRate = errors.New("no turn under the configured call rate before the deadline")

// attempt is the transport of one call.
type attempt struct {
	client *Client
	ctx    context.Context
	trace  *Trace
	base   *url.URL // nil: the request's address stands
	used   atomic.Bool
}

// RoundTrip sends the request once.
func (a *attempt) RoundTrip(request *http.Request) (*http.Response, error) {
	if a.used.Swap(true) {
		closeBody(request)
		return nil, ErrSecondAttempt
	}
	ctx, stop := a.bound(request.Context())
	secret, leave, err := a.admit(ctx)
	if err != nil {
		stop()
		closeBody(request)
		return nil, err
	}
	c := a.begin(leave)
	answer, err := a.send(ctx, request, secret)
	if err == nil {
		answer, err = a.receive(ctx, answer, c, stop)
	}
	if err != nil {
		if ctx.Err() != nil {
			a.trace.interrupted()
		}
		stop()
		a.end(c, err)
		return nil, err
	}
	return answer, nil
}

// bound returns the call's context, ended by the provider's timeout and by the
// request's own context as well.
func (a *attempt) bound(own context.Context) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(a.ctx, a.client.config.Timeout)
	unhook := context.AfterFunc(own, cancel)
	return ctx, func() { unhook(); cancel() }
}

// admit gets what a call needs before it begins: its secret, and a closed
// circuit. That a secret cannot be had says nothing about the provider's health.
func (a *attempt) admit(ctx context.Context) (secret string, leave func(outcome), err error) {
	if secret, err = a.secret(ctx); err != nil {
		return "", nil, err
	}
	leave, err = a.client.breaker.enter(a.ctx)
	return secret, leave, err
}

// send sends the request, and a second time if a secret that is not in force
// any more was refused.
func (a *attempt) send(ctx context.Context, request *http.Request, secret string) (*http.Response, error) {
	answer, err := a.once(ctx, request, secret)
	if err != nil || answer.StatusCode != http.StatusUnauthorized || a.client.signIn == nil {
		return answer, err
	}
	again, renewed, ok := a.renewed(ctx, request, secret)
	if !ok {
		return answer, nil
	}
	discard(answer)
	return a.once(ctx, again, renewed)
}

func (a *attempt) once(ctx context.Context, request *http.Request, secret string) (*http.Response, error) {
	if err := a.client.limiter.Wait(ctx); err != nil {
		closeBody(request)
		return nil, fmt.Errorf("%w: %w", ErrRate, err)
	}
	request = request.Clone(httptrace.WithClientTrace(ctx, a.trace.hooks()))
	if a.client.signIn != nil {
		request.Header.Set("Authorization", a.client.signIn.scheme(secret))
	}
	rewrite(request, a.base)
	sendOnce(request)
	options.Sending(a.ctx)
	return a.client.transport.RoundTrip(request)
}

// receive records the answer and prepares its body: an error answer is read
// at once for its code, any other as the SDK reads it.
func (a *attempt) receive(ctx context.Context, answer *http.Response, c call, stop func()) (*http.Response, error) {
	a.trace.answered(answer)
	answer.Body = &body{answer: answer.Body, left: a.client.config.MaxBody, ctx: ctx, done: func(err error) { stop(); a.end(c, err) }}
	switch {
	case answer.StatusCode >= 400:
		return answer, a.readFailure(answer)
	case answer.StatusCode >= 300 && answer.StatusCode != http.StatusNotModified:
		answer.Body.(*body).done = nil
		return nil, errors.Join(ErrRedirected, answer.Body.Close())
	default:
		return answer, nil
	}
}

// rewrite sends a request for the official host to the base URL instead. One
// that goes there already is left alone.
func rewrite(request *http.Request, base *url.URL) {
	if base == nil {
		return
	}
	address := request.URL
	if address.Scheme == base.Scheme && address.Host == base.Host && strings.HasPrefix(address.Path, base.Path+"/") {
		return
	}
	if address.RawPath != "" {
		address.RawPath = base.EscapedPath() + address.RawPath
	}
	address.Scheme, address.Host, address.Path = base.Scheme, base.Host, base.Path+address.Path
	request.Host = ""
}

// sendOnce keeps net/http from sending a request again by itself when a kept
// connection breaks. It does so for a body that it can rewind, also of a POST
// if that has an Idempotency-Key. A GET may still be repeated: it changes
// nothing.
func sendOnce(request *http.Request) {
	request.GetBody = nil
	if request.Header.Get("Idempotency-Key") != "" && (request.Body == nil || request.Body == http.NoBody) {
		request.Body = emptyBody{}
	}
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close() // a request body of ours: closing it reports nothing
	}
}

// log writes the call's one line. The cause is named by its kind only: its
// text may quote an address.
func (a *attempt) log(started time.Time, err error) {
	level := slog.LevelDebug
	attributes := []slog.Attr{
		slog.String("provider", a.client.config.Name),
		slog.String("operation", a.trace.Operation),
		slog.Duration("duration", time.Since(started)),
	}
	if status := a.trace.Status(); status != 0 {
		attributes = append(attributes, slog.Int("status", status))
	}
	if code := a.trace.Code(); code != "" {
		attributes = append(attributes, slog.String("code", code))
	}
	if id := requestID(a.trace.Header()); id != "" {
		attributes = append(attributes, slog.String("requestId", id))
	}
	if err != nil {
		attributes = append(attributes, slog.String("cause", kindOf(err)))
	}
	if err != nil || a.trace.Status() >= 400 {
		level = slog.LevelWarn
	}
	a.client.config.Logger.LogAttrs(a.ctx, level, "provider call", attributes...)
}

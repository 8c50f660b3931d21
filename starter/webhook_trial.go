package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guestjourney/internal/inbox"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
)

// trial is what a request meets on its way through the proxy's own gateway,
// which here gives nothing to anybody. So the answer is the proxy's, whatever
// it comes to consist of; what happens inside is only looked at.
type trial struct {
	judged    bool // the signature was looked at
	match     verify.Match
	refused   error // by the verifier
	events    []providers.Event
	malformed error
	greeted   bool  // it was a question whether anybody is there
	greeting  error // why that is not answered
	confirmed bool  // answering would have confirmed a subscription
	status    int   // the proxy's answer
}

// try sends a request through. base is what the provider was told to call
// without the rest, uri the rest, byte by byte.
func try(ctx context.Context, declared providers.Provider, base, uri string, message verify.Message, at time.Time) (*trial, error) {
	request, err := http.NewRequestWithContext(ctx, message.Method, "http://proxy"+uri, bytes.NewReader(message.Body))
	if err != nil {
		return nil, usagef("--url or --method: cannot be sent to anybody")
	}
	request.RequestURI, request.Header = uri, message.Header
	t := &trial{}
	door := gateway.New(gateway.Config{
		Providers: []providers.Provider{t.watch(declared)}, Signaller: nobody{}, Inbox: nothing{}, PublicURL: base,
		Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Now: func() time.Time { return at },
	})
	answer := &answer{header: http.Header{}, status: http.StatusOK}
	door.ServeHTTP(answer, request)
	t.status = answer.status
	return t, nil
}

// watch returns the provider with eyes on everything that judges.
func (t *trial) watch(provider providers.Provider) providers.Provider {
	verifier := provider.Verifier
	provider.Verifier = verify.NewRotating(verifierFunc(func(message verify.Message, now time.Time) (verify.Match, error) {
		t.judged = true
		t.match, t.refused = verifier.Verify(message, now)
		return t.match, t.refused
	}))
	provider.Routes = slices.Clone(provider.Routes)
	for i, route := range provider.Routes {
		provider.Routes[i] = t.watchRoute(route)
	}
	return provider
}

func (t *trial) watchRoute(route providers.Route) providers.Route {
	watched := route
	watched.Events = func(delivery providers.Delivery) ([]providers.Event, error) {
		t.events, t.malformed = route.Events(delivery)
		return t.events, t.malformed
	}
	if route.Challenge != nil {
		watched.Challenge = func(query url.Values) (providers.Answer, error) {
			answer, err := route.Challenge(query)
			t.greeted, t.greeting = true, err
			return answer, err
		}
	}
	if route.Handshake != nil {
		watched.Handshake = func(ctx context.Context, delivery providers.Delivery) (*providers.Answer, error) {
			answer, err := route.Handshake(ctx, delivery)
			t.greeted, t.greeting = answer != nil || err != nil, err
			return answer, err
		}
	}
	return watched
}

type verifierFunc func(verify.Message, time.Time) (verify.Match, error)

func (f verifierFunc) Verify(message verify.Message, now time.Time) (verify.Match, error) {
	return f(message, now)
}

// nobody takes every event, and does nothing with it.
type nobody struct{}

func (nobody) Signal(context.Context, string, providers.Signal) error { return nil }
func (nobody) Park(context.Context, parcel.Parcel) error              { return nil }

// nothing is an inbox that holds and knows nothing; an event of a trial is
// always the first of its kind.
type nothing struct{ inbox.Store }

func (nothing) Known(context.Context, []inbox.Key) (map[inbox.Key]bool, error) { return nil, nil }
func (nothing) Add(_ context.Context, events []inbox.Event) ([]bool, error) {
	return make([]bool, len(events)), nil
}
func (nothing) Pending(context.Context, string) (bool, error) { return false, nil }

// answer keeps the status of an answer, and nothing of its body.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header            { return a.header }
func (a *answer) Write(body []byte) (int, error) { return len(body), nil }
func (a *answer) WriteHeader(status int)         { a.status = status }

package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// request is one webhook on its way through.
type request struct {
	provider providers.Provider
	route    providers.Route
	begun    time.Time
	size     int
	end      time.Time // of the budget
}

// temporalShare of the budget is Temporal's; the rest is the inbox's.
const temporalShare = 0.7

// receive returns the handler of a route. Nothing is parsed, logged or looked
// up before the signature is verified.
func (g *Gateway) receive(provider providers.Provider, route providers.Route, slots chan struct{}) echo.HandlerFunc {
	return func(c echo.Context) error {
		in := &request{provider: provider, route: route, begun: g.config.Now()}
		text, refusal := g.read(c, in)
		if refusal != nil {
			return g.reject(c, in, refusal)
		}
		g.config.Step(StepRead)
		// The body is in hand before a slot is taken, so that a slow sender
		// holds none.
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			return g.reject(c, in, refusalBusy)
		}
		message := verify.Message{Method: c.Request().Method, URL: g.publicURL + requestURI(c.Request()), Header: c.Request().Header, Body: text}
		match, err := provider.Verifier.Verify(message, g.config.Now())
		if err != nil {
			return g.reject(c, in, refusalOf(err))
		}
		g.metrics.verified(provider.Name, match.KeyID)
		g.config.Step(StepVerified)
		delivery := providers.Delivery{
			Method: message.Method, URL: message.URL, Header: message.Header, Body: text, ReceivedAt: in.begun.UTC(), Match: match,
		}
		// The sender may hang up; what is under way is still made durable.
		began := time.Now()
		in.end = began.Add(provider.Budget)
		ctx, cancel := context.WithDeadline(context.WithoutCancel(c.Request().Context()), began.Add(time.Duration(temporalShare*float64(provider.Budget))))
		defer cancel()
		if handled, err := g.handshake(ctx, c, in, delivery); handled {
			return err
		}
		events, err := route.Events(delivery)
		if err != nil {
			return g.bury(ctx, c, in, delivery, err)
		}
		ctx, span := g.trace(ctx, in, message.Header)
		decisions := g.deliver(ctx, in, events)
		body := g.body(ctx, in, events, decisions)
		traced(span, outcome(decisions))
		g.config.Step(StepAnswering)
		return g.respond(c, in, delivery, decisions, body)
	}
}

// read takes the raw bytes, once.
func (g *Gateway) read(c echo.Context, in *request) ([]byte, *refusal) {
	r := c.Request()
	if encoding := r.Header.Values("Content-Encoding"); len(encoding) > 0 && !strings.EqualFold(strings.Join(encoding, ","), "identity") {
		return nil, refusalEncoding
	}
	// The bare writer, not Echo's: MaxBytesReader tells it to close the connection.
	body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, in.provider.BodyLimit))
	in.size = len(body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, refusalTooLarge
	case err != nil:
		return nil, refusalUnread
	}
	return body, nil
}

// requestURI is path and query byte by byte as they came: a signature covers
// them, so neither Echo's path nor a cleaned one will do.
func requestURI(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // absolute form, or a request made in a test
}

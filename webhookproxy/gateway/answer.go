package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"

	"guestjourney/webhookproxy/providers"
)

// retryAfter is when a sender may come again, in seconds.
const retryAfter = "10"

// answer says one of our own words: a JSON object with the key "status".
func answer(c echo.Context, status int, said string) error {
	return say(c, status, providers.Answer{ContentType: echo.MIMEApplicationJSON, Body: `{"status":"` + said + `"}` + "\n"})
}

// Headers of every answer. The keys are as net/http writes them, and the values
// are shared: nobody changes them.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

// say answers in the sender's own form. A browser must not take it for a page:
// a part of it may be the sender's own words.
func say(c echo.Context, status int, said providers.Answer) error {
	header := c.Response().Header()
	header["X-Content-Type-Options"], header["Cache-Control"] = noSniff, noStore
	return c.Blob(status, said.ContentType, []byte(said.Body))
}

// later asks the sender to come again.
func (g *Gateway) later(c echo.Context, said string) error {
	c.Response().Header().Set("Retry-After", retryAfter)
	return answer(c, http.StatusServiceUnavailable, said)
}

// reject answers a webhook of which no event is known.
func (g *Gateway) reject(c echo.Context, in *request, why *refusal) error {
	g.metrics.event(in.provider, "", why.decision)
	g.metrics.took(in.provider.Name, g.config.Now().Sub(in.begun))
	g.logRefusal(in, why)
	if why.status == http.StatusServiceUnavailable || why.status == http.StatusTooManyRequests {
		c.Response().Header().Set("Retry-After", retryAfter)
	}
	return answer(c, why.status, why.said)
}

// respond answers a verified webhook, with the body that an event asked for if
// there is one.
func (g *Gateway) respond(c echo.Context, in *request, delivery providers.Delivery, decisions []string, body *providers.Answer) error {
	g.metrics.took(in.provider.Name, g.config.Now().Sub(in.begun))
	switch result := outcome(decisions); result {
	case decisionUnavailable:
		return g.later(c, "unavailable")
	default:
		if body != nil {
			return say(c, http.StatusOK, *body)
		}
		if in.route.Reply != nil {
			return say(c, http.StatusOK, in.route.Reply(delivery))
		}
		if in.route.Accepted != nil {
			return say(c, http.StatusOK, *in.route.Accepted)
		}
		return answer(c, http.StatusOK, result)
	}
}

// refuse answers what Echo itself refuses: an unknown path or method.
func (g *Gateway) refuse(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status, said := http.StatusInternalServerError, "error"
	var known *echo.HTTPError
	if errors.As(err, &known) {
		status = known.Code
	}
	switch status {
	case http.StatusNotFound:
		said = "not_found"
	case http.StatusMethodNotAllowed:
		said = "method_not_allowed"
	}
	if err := answer(c, status, said); err != nil {
		g.config.Logger.Warn("webhook answer not written", "status", status)
	}
}

// recover answers a panic. Its value is not logged: it may quote a body.
func (g *Gateway) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if value := recover(); value != nil {
				g.config.Logger.Error("panic in a webhook handler", "kind", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
				err = g.later(c, "unavailable")
			}
		}()
		return next(c)
	}
}

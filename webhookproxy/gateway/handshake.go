package gateway

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/providers"
)

// Decisions about requests that bring no event.
const decisionHandshake = "handshake" // the sender asked whether anybody is there

// challenge answers a sender that tries the address out with a GET. One that
// does not know the address's token learns nothing.
func (g *Gateway) challenge(provider providers.Provider, route providers.Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		in := &request{provider: provider, route: route, begun: g.config.Now()}
		said, err := route.Challenge(c.QueryParams())
		switch {
		case errors.Is(err, verify.ErrNoSecret):
			return g.reject(c, in, refusalNotConfigured.because(err))
		case err != nil:
			return g.reject(c, in, refusalChallenge.because(err))
		}
		return g.shakeHands(c, in, said)
	}
}

// handshake answers a verified delivery that is a question and no event, and
// says whether it was one.
func (g *Gateway) handshake(ctx context.Context, c echo.Context, in *request, delivery providers.Delivery) (handled bool, err error) {
	if in.route.Handshake == nil {
		return false, nil
	}
	said, err := in.route.Handshake(ctx, delivery)
	switch {
	case err != nil:
		return true, g.reject(c, in, refusalHandshake.because(err))
	case said == nil:
		return false, nil
	}
	return true, g.shakeHands(c, in, *said)
}

func (g *Gateway) shakeHands(c echo.Context, in *request, said providers.Answer) error {
	g.metrics.event(in.provider, "", decisionHandshake)
	g.metrics.took(in.provider.Name, g.config.Now().Sub(in.begun))
	return say(c, http.StatusOK, said)
}

package gateway

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
)

// decisionDead: it is verified, nothing can be made of it, and it is kept as a
// dead letter.
const decisionDead = "dead"

// bury keeps a verified webhook that cannot be read. Whoever refuses it is sent
// the same again, until the sender gives up and the event is lost.
func (g *Gateway) bury(ctx context.Context, c echo.Context, in *request, delivery providers.Delivery, why error) error {
	// Temporal has no part in it: the whole budget is the inbox's.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), in.end)
	defer cancel()
	letter, err := parcel.Unreadable(in.provider.Name, in.route.Path, delivery)
	if err == nil {
		_, err = g.config.Inbox.Add(ctx, []inbox.Event{letter})
	}
	if err != nil {
		return g.reject(c, in, refusalUnkept.because(errors.Join(why, err)))
	}
	g.metrics.event(in.provider, "", decisionDead)
	g.metrics.took(in.provider.Name, g.config.Now().Sub(in.begun))
	g.logRefusal(in, &refusal{decision: decisionDead, reason: why.Error()})
	return answer(c, http.StatusOK, decisionDead)
}

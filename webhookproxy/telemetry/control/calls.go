package control

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/store"
)

// Assignment is the body of the call that assigns.
type Assignment struct {
	Device string    `json:"device"`
	Since  time.Time `json:"since"`
	Room   string    `json:"room"`
	// Protocol is what the session is watched by: what it leaves out is as by default.
	Protocol detector.Protocol `json:"protocol"`
	// QTcBaseline is in ms; 0 is none.
	QTcBaseline float64 `json:"qtcBaseline"`
}

// Instant is the body of the other calls.
type Instant struct {
	At time.Time `json:"at"`
}

// maxRoom is far above what a page says.
const maxRoom = 64

func (c *Control) assign(ctx context.Context, call call) error {
	in := Assignment{Protocol: detector.Default()}
	switch err := json.Unmarshal(call.body, &in, json.RejectUnknownMembers(true)); {
	case err != nil:
		return malformed("want device, since, room, protocol and qtcBaseline, and nothing else")
	case !verify.DeviceName.MatchString(in.Device):
		return malformed("device: want a name of a to z, 0 to 9 and -")
	case in.Since.IsZero():
		return malformed("since: missing")
	case in.Room == "" || len(in.Room) > maxRoom:
		return malformed("room: want a short label")
	}
	config := detector.Config{Device: in.Device, Protocol: in.Protocol, Baseline: in.QTcBaseline}
	if _, err := detector.New(config, c.config.Now()); err != nil {
		return &refusal{http.StatusUnprocessableEntity, "protocol", err.Error()}
	}
	protocol, err := json.Marshal(in.Protocol)
	if err != nil {
		return err
	}
	err = c.config.Store.Assign(ctx, store.Assignment{
		Device: in.Device, Session: call.session, Since: in.Since,
		Settings: store.Settings{Room: in.Room, Protocol: protocol, QTcBaseline: in.QTcBaseline},
	})
	if err == nil {
		c.config.Changed()
	}
	return err
}

func (c *Control) end(ctx context.Context, call call) error {
	in, err := instant(call.body)
	if err != nil {
		return err
	}
	if _, err := c.config.Store.Session(ctx, call.session); err != nil {
		return err
	}
	err = c.config.Store.End(ctx, call.session, in.At)
	if err == nil {
		c.config.Changed()
	}
	return err
}

func (c *Control) handed(ctx context.Context, call call) error {
	in, err := instant(call.body)
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(call.request.PathValue("number"), 10, 63)
	if err != nil {
		return malformed("want the number of a transition in the path")
	}
	_, err = c.config.Store.HandedOver(ctx, call.session, number, in.At, false)
	return err
}

func instant(body []byte) (in Instant, err error) {
	if json.Unmarshal(body, &in, json.RejectUnknownMembers(true)) != nil || in.At.IsZero() {
		return in, malformed("want at, a time, and nothing else")
	}
	return in, nil
}

// Package twilio pages by text message and by telephone call through Twilio.
//
// Called by the worker, which hands a Pager to the port activities/paging. The
// requests and their classes are internal/paging's; this package sends them
// through the provider layer, which gives them its circuit, rate and metrics. The
// circuit must be one that never refuses.
package twilio

import (
	"context"
	"errors"
	"net/http"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	port "guestjourney/activities/paging"
	"guestjourney/activities/provider"
	"guestjourney/internal/paging"
)

// Name is the provider layer's name of it: apart from the texts to guests, whose
// trouble and rate are none of a page's.
const Name = "twilio-paging"

// Pager is a paging.Pager for the channels sms and voice.
type Pager struct{ out *paging.Pager }

var _ port.Pager = (*Pager)(nil)

// New returns a Pager, or an error that names what is missing. The client's base
// URL and timeout are in force.
func New(config paging.Config, client *provider.Client) (*Pager, error) {
	if client == nil {
		return nil, errors.New("paging: no provider client")
	}
	config.BaseURL, config.Timeout = "", client.Timeout()
	config.Client = func(ctx context.Context, operation string) *http.Client {
		return client.HTTPClient(ctx, &provider.Trace{Operation: operation})
	}
	out, err := paging.New(config)
	if err != nil {
		return nil, err
	}
	return &Pager{out: out}, nil
}

// Page pages by the notice's channel.
func (p *Pager) Page(ctx context.Context, _ options.Effect, notice port.Notice) (port.Receipt, error) {
	var send func(context.Context, string, paging.Page) (paging.Receipt, error)
	switch notice.Channel {
	case port.SMS:
		send = p.out.Text
	case port.Voice:
		send = p.out.Call
	default:
		return port.Receipt{}, &failure.Error{Provider: "twilio", Operation: "page", Class: failure.InvalidInput, Advice: "Twilio pages by sms and voice only"}
	}
	receipt, err := send(ctx, notice.To, paging.Page{Room: notice.Room, Priority: notice.Priority, Code: notice.Code, Key: notice.Key})
	return port.Receipt(receipt), err
}

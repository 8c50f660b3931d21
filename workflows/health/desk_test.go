package health_test

import (
	"context"
	"fmt"
	"sync"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/email"
	"guestjourney/activities/failure"
	ping "guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/sms"
)

const (
	duty    = "+14155550134"
	manager = "+14155550135"
	mailbox = "duty@casa.example"
)

// desk is staff's telephones and mailbox, by way of two providers that refuse
// what is sent while they are ill.
type desk struct {
	lock  sync.Mutex
	staff ping.Recipients
	ill   map[string]bool // by capability
	// refused are the addresses that the providers do not know.
	refused map[string]bool
	// unasked is how many times it cannot be asked who is told.
	unasked int
	// got is every message that has arrived, by address, as "<template> <provider>".
	got  map[string][]string
	last map[string]map[string]string // parameters of the last one, by address
	// tries are the keys with which was tried, by address, in order.
	tries map[string][]options.Effect
	asked int
}

func newDesk() *desk {
	return &desk{
		staff: ping.Recipients{Phones: []string{duty, manager}, Emails: []string{mailbox}},
		ill:   map[string]bool{}, refused: map[string]bool{}, got: map[string][]string{}, last: map[string]map[string]string{}, tries: map[string][]options.Effect{},
	}
}

func (d *desk) serve(env *testsuite.TestWorkflowEnvironment) {
	register := func(name string, call any) {
		env.RegisterActivityWithOptions(call, activity.RegisterOptions{Name: name})
	}
	register(ping.Prefix+"Recipients", func(context.Context, ping.Question) (ping.Recipients, error) {
		d.lock.Lock()
		defer d.lock.Unlock()
		d.asked++
		if d.unasked > 0 {
			d.unasked--
			return ping.Recipients{}, failure.ToTemporal(&failure.Error{Provider: "desk", Operation: "ask", Class: failure.NotProcessed})
		}
		return d.staff, nil
	})
	register(sms.Prefix+"Send", func(ctx context.Context, command options.Command[sms.Message]) (sms.Receipt, error) {
		request := command.Request
		return sms.Receipt{ID: "SM1"}, d.take(options.QueueSMS, request.To, request.Template, request.Params, options.Attempt(ctx, command.Effect))
	})
	register(email.Prefix+"Send", func(ctx context.Context, command options.Command[email.Message]) (email.Receipt, error) {
		request := command.Request
		return email.Receipt{ID: "m1"}, d.take(options.QueueEmail, request.To, request.Template, request.Params, options.Attempt(ctx, command.Effect))
	})
}

func (d *desk) take(channel, to, template string, params map[string]string, effect options.Effect) error {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.tries[to] = append(d.tries[to], effect)
	if d.ill[channel] {
		return failure.ToTemporal(&failure.Error{Provider: channel, Operation: "send", Class: failure.NotProcessed})
	}
	if d.refused[to] {
		return failure.ToTemporal(&failure.Error{Provider: channel, Operation: "send", Class: failure.Permanent, Code: "21211"})
	}
	d.got[to] = append(d.got[to], fmt.Sprintf("%s %s", template, params["provider"]))
	d.last[to] = params
	return nil
}

// breaks and mends a channel.
func (d *desk) breaks(channel string, broken bool) { d.change(func() { d.ill[channel] = broken }) }

func (d *desk) change(apply func()) {
	d.lock.Lock()
	defer d.lock.Unlock()
	apply()
}

package modeltest

import (
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/worldtest"
)

// repeats: these mails say the same each time they are due.
func repeats(mail string) bool {
	for _, subject := range []string{"Your consent", "A few questions", "We need one more answer", "How are you", "Please confirm your payment"} {
		if strings.Contains(mail, subject) {
			return true
		}
	}
	return false
}

func (p *play) startPlan(ctx workflow.Context, _ converter.RawValue) error {
	p.plan = standIn{id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	p.soon("plan opens its page", time.Minute, func(p *play) {
		p.report(payment.Update{Kind: "checkout_ready", State: payment.MoneyPending, URL: "https://pay.example/1", Until: p.Env.Now().Add(24 * time.Hour)})
	})
	return nil
}

func (p *play) startPlace(ctx workflow.Context, _ converter.RawValue) error {
	p.places++
	p.place = standIn{id: workflow.GetInfo(ctx).WorkflowExecution.ID, revision: 1}
	p.soon("place is held", 90*time.Minute, func(p *play) { p.appoint("held") })
	return nil
}

// report is what the plan tells.
func (p *play) report(update payment.Update) {
	if p.plan.id == "" || p.plan.closed {
		return
	}
	p.told++
	update.ID, update.Currency = "plan-"+strconv.Itoa(p.told), "USD"
	update.CapturedMinor, update.RefundedMinor = p.plan.captured, p.plan.refunded
	switch update.Kind {
	case "cancelled", "refunded", "expired":
		p.plan.closed = true
	}
	p.Env.SignalWorkflow(payment.SignalUpdate, update)
}

// appoint is what the appointment tells.
func (p *play) appoint(kind string) {
	if p.place.id == "" || p.place.closed {
		return
	}
	p.told++
	p.place.closed = kind == "cancelled" || kind == "released" || kind == "done"
	start := p.Env.Now().Add(30 * 24 * time.Hour)
	p.Env.SignalWorkflow(appointment.SignalUpdate, appointment.Update{
		ID: "place-" + strconv.Itoa(p.told), Kind: kind, State: kind, Revision: p.place.revision, Start: start, Local: "later",
	})
}

// toOthers hands what the journey tells other workflows to their stand-ins. The
// stand-ins' own runs have ended at once, and a later run of the journey does
// not know them, so the test environment cannot deliver.
type toOthers struct {
	interceptor.WorkerInterceptorBase
	play *play
}

func (o *toOthers) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, o.play}
}

// inbound only puts outbound in place.
type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	play *play
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.play})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	play *play
}

func (o *outbound) SignalExternalWorkflow(ctx workflow.Context, workflowID, _, signal string, message any) workflow.Future {
	future, set := workflow.NewFuture(ctx)
	set.Set(nil, o.play.signalled(workflowID, signal, message))
	return future
}

// signalled is what the journey tells others; they answer after a while.
func (p *play) signalled(workflowID, signal string, message any) error {
	switch {
	case signal == payment.SignalCommand && workflowID == p.plan.id:
		p.commandPlan(message.(payment.Command))
	case signal == appointment.SignalCommand && workflowID == p.place.id:
		p.commandPlace(message.(appointment.Command))
	}
	return nil
}

func (p *play) commandPlan(command payment.Command) {
	switch command.Kind {
	case "cancel":
		p.soon("plan closes", 90*time.Minute, func(p *play) {
			kind := "cancelled"
			if p.plan.captured > 0 && command.Refund != "none" {
				kind, p.plan.refunded = "refunded", p.plan.captured
			}
			p.report(payment.Update{Kind: kind, State: kind})
		})
	case "refund":
		p.soon("plan refunds", time.Hour, func(p *play) {
			p.report(payment.Update{Kind: "refund_refused", State: payment.MoneyDeposit, CommandID: command.CommandID, Detail: "not today"})
		})
	}
}

func (p *play) commandPlace(command appointment.Command) {
	switch command.Kind {
	case "cancel":
		p.soon("place is given back", 90*time.Minute, func(p *play) { p.appoint("cancelled") })
	case "confirm":
		p.soon("place is confirmed", 90*time.Minute, func(p *play) { p.appoint("confirmed") })
	case "reschedule":
		p.soon("place is moved", time.Minute, func(p *play) {
			p.place.revision++
			p.appoint("moved")
		})
	}
}

// fact is what the guest's app sends.
func (p *play) fact(id, kind string, data map[string]string) {
	p.Env.SignalWorkflow(kit.SignalGuest, kit.Fact{ID: id, Provider: "guest", Type: kind, OccurredAt: p.Env.Now(), Data: data})
}

// command sends an update; what came of it is given to then.
func (p *play) command(name string, fields map[string]any, then func(rejected error)) {
	p.told++
	for key, value := range map[string]any{"actor": "desk", "role": "operator", "reason": "the model"} {
		if _, given := fields[key]; !given {
			fields[key] = value
		}
	}
	p.Env.UpdateWorkflowByID(worldtest.JourneyID, name, "command-"+strconv.Itoa(p.told), callback{then}, fields) //nolint:errcheck // a rejection reaches the callback
}

type callback struct{ then func(error) }

func (c callback) Accept() {}

func (c callback) Reject(err error) { c.done(err) }

func (c callback) Complete(_ any, err error) { c.done(err) }

func (c callback) done(err error) {
	if c.then != nil {
		c.then(err)
	}
}

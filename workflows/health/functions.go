package health

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// looks are the pauses before each look at a text's delivery: two and a half
// minutes altogether, which is more than a text takes.
var looks = []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 75 * time.Second}

// Codes of a text that was sent and did not arrive.
const (
	codeNotDelivered = "not_delivered"
	codeOptedOut     = "opted_out"
)

// DeepCheck is DeepHealthCheck: it has the providers do what they are there for,
// side by side, and hands one report to IntegrationHealth. What has no such
// check is skipped, and said so. It takes no input: see Check.
func DeepCheck(ctx workflow.Context) (DeepCheckResult, error) {
	deep := &deepCheck{result: lastResult(ctx)}
	texting := workflow.NewWaitGroup(ctx)
	texting.Add(1)
	workflow.GoNamed(ctx, "text", func(ctx workflow.Context) {
		defer texting.Done()
		deep.text(ctx)
	})
	_, err := payments.TryProvider(ctx, effectOf(ctx, "try_payment")).Get(ctx)
	deep.findings = append(deep.findings, tried(options.QueuePayments, err))
	texting.Wait(ctx)
	for _, capability := range Capabilities() {
		if capability != options.QueuePayments && capability != options.QueueSMS {
			deep.skip(capability, "there is no way to try it that leaves nothing behind")
		}
	}
	return deep.end(ctx)
}

// deepCheck is one run.
type deepCheck struct {
	result   DeepCheckResult
	findings []Finding
}

// lastResult is what the run before has left for this one: when it sent a text.
func lastResult(ctx workflow.Context) DeepCheckResult {
	var last DeepCheckResult
	if workflow.HasLastCompletionResult(ctx) && workflow.GetLastCompletionResult(ctx, &last) != nil {
		return DeepCheckResult{} // of another release: a text too many does no harm
	}
	return DeepCheckResult{Texted: last.Texted, TextFailed: last.TextFailed}
}

// effectOf makes a call of this run repeatable.
func effectOf(ctx workflow.Context, step string) options.Effect {
	info := workflow.GetInfo(ctx)
	return options.Effect{
		Key: kit.KeyOf(ctx, step), FirstTry: info.OriginalRunID == info.WorkflowExecution.RunID,
		Since: workflow.Now(ctx).UTC(), Run: info.WorkflowExecution.RunID,
	}
}

func (d *deepCheck) skip(capability, reason string) {
	d.result.Skipped = append(d.result.Skipped, Skipped{Capability: capability, Reason: reason})
}

// text sends a text to a number of the house's own, if one is due, and waits for
// its delivery. One that failed is due again at once.
func (d *deepCheck) text(ctx workflow.Context) {
	plan, err := health.AskTextPlan(ctx).Get(ctx)
	due := d.result.Texted.Add(plan.Every.Value())
	switch {
	case err != nil:
		d.skip(options.QueueSMS, "no worker has said where to: "+failure.Text(err))
		return
	case plan.To == "":
		d.skip(options.QueueSMS, "HEALTH_SMS_TO is not set")
		return
	case !d.result.TextFailed && workflow.Now(ctx).Before(due):
		d.skip(options.QueueSMS, "the last one arrived; the next is due at "+due.UTC().Format(time.RFC3339))
		return
	}
	finding := d.send(ctx, plan.To)
	d.result.Texted, d.result.TextFailed = workflow.Now(ctx).UTC(), finding.Failed
	d.findings = append(d.findings, finding)
}

func (d *deepCheck) send(ctx workflow.Context, to string) Finding {
	receipt, err := sms.Send(ctx, effectOf(ctx, "try_text"), sms.Message{To: to, Template: wording.FunctionText, Locale: staffLocale}).Get(ctx)
	switch {
	case err != nil:
		return tried(options.QueueSMS, err)
	case receipt.Blocked:
		return Finding{Capability: options.QueueSMS, Failed: true, Class: failure.Permanent, Code: codeOptedOut}
	}
	return arrival(ctx, receipt.ID)
}

// arrival looks at a text until its fate is known, or was for too long.
func arrival(ctx workflow.Context, id string) Finding {
	finding := Finding{Capability: options.QueueSMS, Failed: true, Class: failure.Ambiguous, Code: codeNotDelivered}
	for _, pause := range looks {
		if err := workflow.Sleep(ctx, pause); err != nil {
			return finding
		}
		delivery, err := sms.ReadDelivery(ctx, sms.DeliveryRequest{ID: id}).Get(ctx)
		switch {
		case err != nil:
			finding = tried(options.QueueSMS, err)
		case delivery.State == sms.DeliveryDelivered:
			return Finding{Capability: options.QueueSMS}
		case delivery.State == sms.DeliveryFailed:
			return Finding{Capability: options.QueueSMS, Failed: true, Class: failure.Permanent, Code: reason(delivery)}
		}
	}
	return finding
}

func reason(delivery sms.Delivery) string {
	if delivery.Code == "" {
		return codeNotDelivered
	}
	return delivery.Code
}

// end hands the report over, in an order that does not depend on who was first.
func (d *deepCheck) end(ctx workflow.Context) (DeepCheckResult, error) {
	slices.SortFunc(d.findings, func(a, b Finding) int { return strings.Compare(a.Capability, b.Capability) })
	slices.SortFunc(d.result.Skipped, func(a, b Skipped) int { return strings.Compare(a.Capability, b.Capability) })
	for _, finding := range d.findings {
		d.result.Asked++
		if finding.Failed {
			d.result.Failed++
		}
	}
	report := Report{Check: CheckFunction, At: workflow.Now(ctx).UTC(), Findings: d.findings, Skipped: d.result.Skipped}
	if err := deliver(ctx, report); err != nil {
		return DeepCheckResult{}, fmt.Errorf("hand the report to %s: %w", ID, err)
	}
	return d.result, nil
}

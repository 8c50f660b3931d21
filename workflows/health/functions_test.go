package health_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	ping "guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/sms"
	"guestjourney/workflows/health"
)

// deep is one DeepHealthCheck at two providers.
type deep struct {
	env      *testsuite.TestWorkflowEnvironment
	plan     ping.TextPlan
	pay      error // what trying a payment comes to
	paid     []options.Effect
	texted   []sms.Message
	keys     []string
	receipt  sms.Receipt
	delivery []sms.Delivery // one a look; the last one stays
	looks    int
	reports  []health.Report
}

var ours = ping.TextPlan{To: "+14155550199", Every: options.Duration(12 * time.Hour)}

func newDeep() *deep {
	x := &deep{env: environment(), plan: ours, receipt: sms.Receipt{ID: "SM1"}, delivery: []sms.Delivery{{State: sms.DeliveryPending}, {State: sms.DeliveryDelivered}}}
	register := func(name string, call any) {
		x.env.RegisterActivityWithOptions(call, activity.RegisterOptions{Name: name})
	}
	register(ping.Prefix+"TextPlan", func(context.Context, ping.Question) (ping.TextPlan, error) { return x.plan, nil })
	register(payments.Prefix+"TryOut", func(_ context.Context, command options.Command[payments.TryOut]) (payments.Attempt, error) {
		x.paid = append(x.paid, command.Effect)
		return payments.Attempt{Status: payments.AttemptClosed}, failure.ToTemporal(x.pay)
	})
	register(sms.Prefix+"Send", func(_ context.Context, command options.Command[sms.Message]) (sms.Receipt, error) {
		x.texted, x.keys = append(x.texted, command.Request), append(x.keys, command.Effect.Key)
		return x.receipt, nil
	})
	register(sms.Prefix+"Delivery", func(_ context.Context, request sms.DeliveryRequest) (sms.Delivery, error) {
		x.looks++
		return x.delivery[min(x.looks, len(x.delivery))-1], nil
	})
	x.env.RegisterWorkflowWithOptions(health.DeepCheck, workflow.RegisterOptions{Name: health.DeepCheckType})
	x.env.OnSignalExternalWorkflow(mock.Anything, health.ID, "", health.SignalReport, mock.Anything).Return(
		func(_, _, _, _ string, message any) error {
			x.reports = append(x.reports, message.(health.Report))
			return nil
		})
	return x
}

func (x *deep) run(t *testing.T) (result health.DeepCheckResult) {
	t.Helper()
	x.env.ExecuteWorkflow(health.DeepCheckType)
	require.True(t, x.env.IsWorkflowCompleted())
	require.NoError(t, x.env.GetWorkflowError())
	require.NoError(t, x.env.GetWorkflowResult(&result))
	require.Len(t, x.reports, 1)
	assert.Equal(t, health.CheckFunction, x.reports[0].Check)
	assert.Equal(t, result.Skipped, x.reports[0].Skipped, "what is left out is said")
	return result
}

const noWay = "there is no way to try it that leaves nothing behind"

func TestFunctionsAreTriedAndReportedOnce(t *testing.T) {
	x := newDeep()
	result := x.run(t)
	assert.Equal(t, 2, result.Asked)
	assert.Zero(t, result.Failed)
	assert.Equal(t, []health.Skipped{{Capability: "calendar", Reason: noWay}, {Capability: "crm", Reason: noWay}, {Capability: "email", Reason: noWay}}, result.Skipped)
	assert.Equal(t, []health.Finding{{Capability: "payments"}, {Capability: "sms"}}, x.reports[0].Findings)
	assert.Equal(t, 2, x.looks)
	require.Len(t, x.texted, 1)
	assert.Equal(t, sms.Message{To: "+14155550199", Template: "function_text", Locale: "en"}, x.texted[0])
	require.Len(t, x.paid, 1)
	assert.NotEqual(t, x.paid[0].Key, x.keys[0], "each effect has its own key")
	assert.WithinDuration(t, begin, result.Texted, time.Minute)
}

func TestWithoutANumberOfOursNoTextIsSent(t *testing.T) {
	x := newDeep()
	x.plan.To = ""
	result := x.run(t)
	assert.Equal(t, 1, result.Asked)
	assert.Contains(t, result.Skipped, health.Skipped{Capability: "sms", Reason: "HEALTH_SMS_TO is not set"})
	assert.Empty(t, x.texted)
}

// A text is due twice a day, and at once while the last one has not arrived.
func TestWhenATextIsDue(t *testing.T) {
	for name, test := range map[string]struct {
		last health.DeepCheckResult
		due  bool
	}{
		"an hour ago":           {health.DeepCheckResult{Texted: begin.Add(-time.Hour)}, false},
		"an hour ago, and lost": {health.DeepCheckResult{Texted: begin.Add(-time.Hour), TextFailed: true}, true},
		"half a day ago":        {health.DeepCheckResult{Texted: begin.Add(-12 * time.Hour)}, true},
		"never":                 {health.DeepCheckResult{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			x := newDeep()
			x.env.SetLastCompletionResult(test.last)
			result := x.run(t)
			assert.Equal(t, test.due, len(x.texted) == 1)
			if !test.due {
				assert.Contains(t, result.Skipped, health.Skipped{Capability: "sms", Reason: "the last one arrived; the next is due at 2027-03-01T23:00:00Z"})
				assert.Equal(t, test.last.Texted, result.Texted, "the next run knows it too")
			}
		})
	}
}

func TestWhatDoesNotWorkIsAFailure(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*deep)
		want  health.Finding
	}{
		"a payment": {func(x *deep) {
			x.pay = &failure.Error{Provider: "stripe", Class: failure.Permanent, Status: 401, Code: "api_key_expired"}
		}, health.Finding{Capability: "payments", Failed: true, Class: failure.Permanent, Code: "api_key_expired"}},
		"a payment, by an open circuit": {func(x *deep) {
			x.pay = &failure.Error{Provider: "stripe", Class: failure.NotProcessed, OpenFor: time.Second}
		}, health.Finding{Capability: "payments", Failed: true, Class: failure.NotProcessed, Code: "circuit_open"}},
		"a text that fails": {func(x *deep) {
			x.delivery = []sms.Delivery{{State: sms.DeliveryPending}, {State: sms.DeliveryFailed, Code: "30003"}}
		}, health.Finding{Capability: "sms", Failed: true, Class: failure.Permanent, Code: "30003"}},
		"a text that stays away": {func(x *deep) {
			x.delivery = []sms.Delivery{{State: sms.DeliveryPending}}
		}, health.Finding{Capability: "sms", Failed: true, Class: failure.Ambiguous, Code: "not_delivered"}},
		"a number that has opted out": {func(x *deep) {
			x.receipt = sms.Receipt{Blocked: true}
		}, health.Finding{Capability: "sms", Failed: true, Class: failure.Permanent, Code: "opted_out"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := newDeep()
			test.spoil(x)
			result := x.run(t)
			assert.Equal(t, 1, result.Failed)
			assert.Contains(t, x.reports[0].Findings, test.want)
			assert.Equal(t, test.want.Capability == "sms", result.TextFailed)
			assert.Less(t, x.env.Now().Sub(begin), 5*time.Minute, "bounded")
		})
	}
}

// A provider may answer and not work: each counts by itself.
func TestFunctionsCountBesideThePings(t *testing.T) {
	p := newPlay(t)
	functions := func(at time.Duration, finding health.Finding) {
		p.After(at, func() {
			p.Env.SignalWorkflow(health.SignalReport, health.Report{
				Check: health.CheckFunction, At: begin.Add(at), Findings: []health.Finding{finding}, Skipped: []health.Skipped{{Capability: "crm", Reason: noWay}},
			})
		})
	}
	for n := 1; n <= 4; n++ {
		at := time.Duration(n) * minute
		p.report(at, stripeUp())
		functions(at-time.Second, ill(options.QueuePayments, "")) // younger reports of the other kind do not outdate it
	}
	p.shows(4*minute, func(view health.Overview) {
		require.Len(t, view.Providers, 2)
		states := map[string]string{}
		for _, provider := range view.Providers {
			states[provider.Name()] = provider.State
		}
		assert.Equal(t, map[string]string{"stripe": health.StateUp, "stripe/function": health.StateDown}, states)
		assert.Equal(t, []string{"down:stripe/function"}, view.Attention)
		assert.Equal(t, health.StateDown, view.Stage)
		assert.Equal(t, health.Functions{
			ReportedAt: begin.Add(4*minute - time.Second), Skipped: []health.Skipped{{Capability: "crm", Reason: noWay}},
		}, view.Functions)
	})
	functions(5*minute, up(options.QueuePayments, ""))
	p.shows(5*minute, func(view health.Overview) { assert.Empty(t, view.Attention) })
	p.run(6 * minute)
	assert.Equal(t, []string{"provider_down stripe/function", "provider_up stripe/function"}, p.desk.got[mailbox])
}

// That functions are tried says nothing of the pings: their silence stays.
func TestAFunctionCheckIsNoPing(t *testing.T) {
	p := newPlay(t)
	p.After(11*minute, func() {
		p.Env.SignalWorkflow(health.SignalReport, health.Report{
			Check: health.CheckFunction, At: begin.Add(11 * minute), Findings: []health.Finding{up(options.QueuePayments, "")},
		})
	})
	p.shows(11*minute, func(view health.Overview) { assert.Equal(t, []string{health.AttentionSilent}, view.Attention) })
	p.run(12 * minute)
}

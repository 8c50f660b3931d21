package health_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	ping "guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/workflows/health"
)

// trial is one HealthCheck. The providers answer what is in answers, after a
// second each.
type trial struct {
	env     *testsuite.TestWorkflowEnvironment
	answers map[string]func() (ping.Answer, error)
	lock    sync.Mutex // activities answer side by side
	asked   map[string]int
	// open says whether IntegrationHealth runs.
	open    bool
	begun   int
	reports []health.Report
}

// environment is one that says nothing and begins at the tests' instant.
func environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(begin)
	return env
}

func newTrial() *trial {
	x := &trial{env: environment(), answers: map[string]func() (ping.Answer, error){}, asked: map[string]int{}}
	x.env.RegisterWorkflowWithOptions(health.Check, workflow.RegisterOptions{Name: health.CheckType})
	x.env.RegisterWorkflowWithOptions(x.taker, workflow.RegisterOptions{Name: health.Type})
	x.env.RegisterActivityWithOptions(func(context.Context, ping.Question) (ping.Answer, error) { return ping.Answer{}, nil },
		activity.RegisterOptions{Name: ping.Prefix + "Ping"})
	x.env.OnActivity(ping.Prefix+"Ping", mock.Anything, mock.Anything).Return(x.answer).After(time.Second)
	x.env.OnSignalExternalWorkflow(mock.Anything, health.ID, "", health.SignalReport, mock.Anything).Return(
		func(_, _, _, _ string, message any) error {
			if !x.open {
				return &temporal.UnknownExternalWorkflowExecutionError{}
			}
			x.reports = append(x.reports, message.(health.Report))
			return nil
		})
	return x
}

// taker stands in for an IntegrationHealth that a check has begun.
func (x *trial) taker(ctx workflow.Context, _ health.Input) (health.Result, error) {
	x.begun++
	var report health.Report
	workflow.GetSignalChannel(ctx, health.SignalReport).Receive(ctx, &report)
	x.reports = append(x.reports, report)
	return health.Result{}, nil
}

func (x *trial) answer(ctx context.Context, _ ping.Question) (ping.Answer, error) {
	queue := activity.GetInfo(ctx).TaskQueue
	x.lock.Lock()
	x.asked[queue]++
	x.lock.Unlock()
	if answer := x.answers[queue]; answer != nil {
		return answer()
	}
	return ping.Answer{Provider: "vendor of " + queue}, nil
}

func (x *trial) run(t *testing.T) (result health.CheckResult) {
	t.Helper()
	x.env.ExecuteWorkflow(health.CheckType)
	require.True(t, x.env.IsWorkflowCompleted())
	require.NoError(t, x.env.GetWorkflowError())
	require.NoError(t, x.env.GetWorkflowResult(&result))
	return result
}

func TestACheckAsksAllSideBySideAndReportsOnce(t *testing.T) {
	x := newTrial()
	x.open = true
	x.answers[options.QueuePayments] = func() (ping.Answer, error) {
		return ping.Answer{Provider: "stripe", Trouble: &ping.Trouble{Class: failure.Throttled, Code: "rate_limit"}}, nil
	}
	x.answers[options.QueueSMS] = func() (ping.Answer, error) {
		return ping.Answer{}, failure.ToTemporal(&failure.Error{Provider: "twilio", Class: failure.NotProcessed})
	}
	assert.Equal(t, health.CheckResult{Asked: 5, Failed: 2}, x.run(t))
	for _, capability := range health.Capabilities() {
		assert.Equal(t, 1, x.asked[capability], "%s: one attempt, whatever comes of it", capability)
	}
	require.Len(t, x.reports, 1)
	assert.Zero(t, x.begun)
	assert.Less(t, x.reports[0].At.Sub(begin), 3*time.Second, "side by side")
	assert.Equal(t, []health.Finding{
		{Capability: "payments", Provider: "stripe", Failed: true, Class: failure.Throttled, Code: "rate_limit"},
		{Capability: "crm", Provider: "vendor of crm"},
		{Capability: "sms", Failed: true, Class: failure.NotProcessed},
		{Capability: "email", Provider: "vendor of email"},
		{Capability: "calendar", Provider: "vendor of calendar"},
	}, x.reports[0].Findings)
}

func TestAPingThatNobodyAnswersIsAFailure(t *testing.T) {
	x := newTrial()
	x.open = true
	x.answers[options.QueueCRM] = func() (ping.Answer, error) {
		return ping.Answer{}, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil)
	}
	assert.Equal(t, 1, x.run(t).Failed)
	assert.Equal(t, health.Finding{Capability: "crm", Failed: true, Class: failure.Ambiguous, Code: "timed_out"}, x.reports[0].Findings[1])
}

func TestTheFirstCheckBeginsIntegrationHealth(t *testing.T) {
	x := newTrial()
	assert.Equal(t, health.CheckResult{Asked: 5}, x.run(t))
	assert.Equal(t, 1, x.begun)
	assert.Len(t, x.reports, 1, "which takes the report")
}

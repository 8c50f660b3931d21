package health

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/health"
	"guestjourney/activities/options"
)

// codeTimedOut stands for a question that nobody answered in time: the provider,
// or a worker that serves the queue.
const codeTimedOut = "timed_out"

// Capabilities are the queues whose providers are asked.
func Capabilities() []string {
	return []string{options.QueuePayments, options.QueueCRM, options.QueueSMS, options.QueueEmail, options.QueueCalendar}
}

// Check is HealthCheck: it asks all providers, side by side, and hands one
// report to IntegrationHealth. It takes no input: its Schedule is made by the
// set-up, which has no keys, and a worker refuses what is not encrypted.
func Check(ctx workflow.Context) (CheckResult, error) {
	report := askAll(ctx)
	result := CheckResult{Asked: len(report.Findings)}
	for _, finding := range report.Findings {
		if finding.Failed {
			result.Failed++
		}
	}
	return result, deliver(ctx, report)
}

func askAll(ctx workflow.Context) Report {
	asked := make([]options.Result[health.Answer], 0, len(Capabilities()))
	for _, capability := range Capabilities() {
		asked = append(asked, health.Ping(ctx, capability))
	}
	var report Report
	for at, capability := range Capabilities() {
		answer, err := asked[at].Get(ctx)
		report.Findings = append(report.Findings, found(capability, answer, err))
	}
	report.At = workflow.Now(ctx).UTC()
	return report
}

func found(capability string, answer health.Answer, err error) Finding {
	finding := tried(capability, err)
	finding.Provider = answer.Provider
	if err == nil && answer.Trouble != nil {
		finding.Failed, finding.Class, finding.Code = true, answer.Trouble.Class, answer.Trouble.Code
	}
	return finding
}

// tried is what the end of a call says of its provider.
func tried(capability string, err error) Finding {
	finding := Finding{Capability: capability, Failed: err != nil}
	var late *temporal.TimeoutError
	switch {
	case errors.As(err, &late):
		finding.Class, finding.Code = failure.Ambiguous, codeTimedOut
	case err != nil:
		finding.Class, finding.Code = failure.ClassOf(err), failure.CodeOf(err)
	}
	return finding
}

// deliver hands the report over. If nobody is there to take it, somebody is
// begun first.
func deliver(ctx workflow.Context, report Report) error {
	if signal(ctx, report) == nil {
		return nil
	}
	if err := begin(ctx); err != nil {
		return err
	}
	return signal(ctx, report)
}

func signal(ctx workflow.Context, report Report) error {
	return workflow.SignalExternalWorkflow(ctx, ID, "", SignalReport, report).Get(ctx, nil)
}

// begin starts IntegrationHealth, which lives its own life. One that another
// check has begun meanwhile is as good.
func begin(ctx workflow.Context) error {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            ID,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	})
	err := workflow.ExecuteChildWorkflow(ctx, Type, Input{}).GetChildWorkflowExecution().Get(ctx, nil)
	var already *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &already) {
		return nil
	}
	return err
}

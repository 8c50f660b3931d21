package integration

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/internal/devserver"
	"guestjourney/workflows/kit"
)

// trial is how much of each thing a workflow does, one after the other.
type trial struct {
	Activities, Waits, Cancelled, Left, Signals, Updates, Told, Upserts int
	Children, Outlived                                                  int // to the end, and not
}

func (do trial) bill() bill {
	return bill{
		workflows: 1, closed: 1, activities: do.Activities, waits: do.Waits, cancelled: do.Cancelled, left: do.Left, signals: do.Signals,
		updates: do.Updates, told: do.Told, children: do.Children + do.Outlived, ended: do.Children, upserts: do.Upserts,
	}
}

// TestWhatEachThingCosts is the trial of the formula against a server: each term
// alone, and all of them together.
func TestWhatEachThingCosts(t *testing.T) {
	t.Parallel()
	server := devserver.Start(t)
	startTrials(t, server.Client())
	for name, does := range map[string]trial{
		"nothing":              {},
		"activities":           {Activities: 3},
		"waits":                {Waits: 2},
		"deadlines cancelled":  {Activities: 1, Cancelled: 3},
		"deadlines left":       {Activities: 1, Left: 3},
		"signals":              {Signals: 3},
		"updates alone":        {Updates: 3},
		"signals sent out":     {Told: 3},
		"children to the end":  {Children: 2},
		"children outlived":    {Outlived: 2},
		"upserts":              {Activities: 1, Upserts: 2},
		"all, more than once":  {2, 2, 2, 2, 2, 2, 2, 2, 2, 2},
		"the documented trial": {Activities: 3, Waits: 1, Signals: 2, Upserts: 2},
	} {
		t.Run(name, func(t *testing.T) {
			want, used := does.bill(), undergo(t, server.Client(), does)
			assert.Equal(t, want.events(), used.Events, "events")
			assert.Equal(t, want.tasks(), used.Tasks, "tasks")
			assert.Equal(t, want.actions(), used.Actions, "actions")
		})
	}
}

const trialQueue = "trial"

func startTrials(t *testing.T, temporal client.Client) {
	t.Helper()
	w := worker.New(temporal, trialQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(trialWorkflow, workflow.RegisterOptions{Name: "trial"})
	w.RegisterWorkflowWithOptions(trialListener, workflow.RegisterOptions{Name: "listener"})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "nothing"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	_, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "listener", TaskQueue: trialQueue}, "listener")
	require.NoError(t, err)
}

// undergo runs a trial to its end; each signal and update comes alone.
func undergo(t *testing.T, temporal client.Client, does trial) cost {
	t.Helper()
	run, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: trialQueue}, "trial", does)
	require.NoError(t, err)
	for range does.Signals {
		awaitQuiet(t, temporal, run.GetID())
		require.NoError(t, temporal.SignalWorkflow(t.Context(), run.GetID(), "", "signal", nil))
	}
	for range does.Updates {
		awaitQuiet(t, temporal, run.GetID())
		handle, err := temporal.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: run.GetID(), UpdateName: "update", WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		require.NoError(t, err)
		require.NoError(t, handle.Get(t.Context(), nil))
	}
	require.NoError(t, run.Get(t.Context(), nil))
	return measure(t, temporal, run.GetID(), run.GetRunID())
}

func trialWorkflow(ctx workflow.Context, do trial) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	updates := 0
	err := workflow.SetUpdateHandler(ctx, "update", func(workflow.Context) error {
		updates++
		return nil
	})
	if err != nil {
		return err
	}
	timers, cancel := workflow.WithCancel(ctx)
	for n := range do.Cancelled {
		workflow.NewTimer(timers, time.Duration(n+1)*time.Hour)
	}
	for n := range do.Left {
		workflow.NewTimer(ctx, time.Duration(n+1)*time.Hour)
	}
	if err := trialSteps(ctx, do); err != nil {
		return err
	}
	for range do.Signals {
		workflow.GetSignalChannel(ctx, "signal").Receive(ctx, nil)
	}
	if err := workflow.Await(ctx, func() bool { return updates == do.Updates }); err != nil {
		return err
	}
	cancel()
	for range do.Waits {
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// trialSteps does what needs nobody else.
func trialSteps(ctx workflow.Context, do trial) error {
	for n := range do.Upserts {
		if err := workflow.UpsertTypedSearchAttributes(ctx, kit.AttributeStage.ValueSet(itoa(n))); err != nil {
			return err
		}
	}
	var steps []func() workflow.Future
	add := func(count int, step func() workflow.Future) {
		for range count {
			steps = append(steps, step)
		}
	}
	add(do.Activities, func() workflow.Future { return workflow.ExecuteActivity(ctx, "nothing") })
	add(do.Told, func() workflow.Future { return workflow.SignalExternalWorkflow(ctx, "listener", "", "told", nil) })
	add(do.Children, func() workflow.Future { return workflow.ExecuteChildWorkflow(ctx, "trial", trial{}) })
	abandon := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON})
	add(do.Outlived, func() workflow.Future {
		return workflow.ExecuteChildWorkflow(abandon, "listener").GetChildWorkflowExecution()
	})
	for _, step := range steps {
		if err := step().Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// trialListener takes what it is told, and never ends.
func trialListener(ctx workflow.Context) error {
	for {
		workflow.GetSignalChannel(ctx, "told").Receive(ctx, nil)
	}
}

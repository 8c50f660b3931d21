package kit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// A hold survives continue-as-new, and so does the reminder of it.
func TestAHoldThatTravelledStillHasItsTerm(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	start := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	env.SetStartTime(start)
	common := kit.Common{Control: kit.ControlHeld, HeldSince: start.Add(-time.Hour), HeldUntil: start.Add(2 * time.Hour)}
	seen := map[time.Duration][]string{}
	for _, at := range []time.Duration{time.Hour, 3 * time.Hour} {
		env.RegisterDelayedCallback(func() { seen[at] = append([]string{}, common.Attention...) }, at)
	}
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx, core := kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
		_, err := core.Until(ctx, core.Deadline("places", start.Add(4*time.Hour), kit.ClassInventory, "given back"), func() bool { return false })
		core.Finish(ctx)
		return err
	})

	require.NoError(t, env.GetWorkflowError())
	assert.Empty(t, seen[time.Hour])
	assert.Equal(t, []string{"hold_expired"}, seen[3*time.Hour])
	assert.Equal(t, []string{"hold_expired", "fired_on_hold:places"}, common.Attention)
	assert.True(t, common.Control == kit.ControlHeld, "it resumed by itself")
}

func TestAMovedDeadlineIsWaitedForAnew(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	start := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	env.SetStartTime(start)
	var common kit.Common
	var core *kit.Core
	env.RegisterDelayedCallback(func() {
		core.Move("offer", start.Add(5*time.Hour))
		core.Move("unknown", start.Add(5*time.Hour))
		env.SignalWorkflow("wake", nil)
	}, time.Hour)
	var over time.Time
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx, core = kit.Open(ctx, &common, kit.Policy{AllowPlaintext: func() bool { return true }}, kit.NoPace, func() kit.Face { return kit.Face{} })
		_, err := core.Until(ctx, core.Deadline("offer", start.Add(2*time.Hour), kit.ClassInventory, "given back"), func() bool { return false })
		over = workflow.Now(ctx)
		core.Finish(ctx)
		return err
	})

	require.NoError(t, env.GetWorkflowError())
	assert.Equal(t, start.Add(5*time.Hour), over.UTC())
	assert.Empty(t, common.Deadlines)
}

func TestASummaryTellsExecutionsApartInCodes(t *testing.T) {
	assert.Equal(t, "RET7", kit.Face{Program: "RET7"}.Summary())
	assert.Equal(t, "RET7 · arrives 2027-03-02", kit.Face{Program: "RET7", ArrivalDay: "2027-03-02"}.Summary())
}

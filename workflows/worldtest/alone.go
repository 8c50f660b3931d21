package worldtest

import (
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"guestjourney/workflows"
	"guestjourney/workflows/kit"
)

// NewAlone makes an environment for one workflow that is started by itself, at
// noon UTC on 1 March 2027.
func NewAlone(t *testing.T, workflowID string) *Stay {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflowID})
	env.SetTestTimeout(30 * time.Second)
	// A machine that is busy with other tests is no deadlock.
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 10 * time.Second})
	stay := &Stay{TestWorkflowEnvironment: env, t: t, World: New(Retreat(), env.Now)}
	workflows.Register(env, kit.Policy{AllowPlaintext: func() bool { return true }})
	stay.World.Register(env)
	return stay
}

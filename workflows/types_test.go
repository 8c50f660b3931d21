package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows"
	"guestjourney/workflows/kit"
)

// names is a registry that keeps the names only.
type names struct {
	worker.WorkflowRegistry
	list []string
}

func (n *names) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	n.list = append(n.list, options.Name)
}

// TestTypesAreThoseRegistered: a type that is not in the list would not be
// counted when it is past due.
func TestTypesAreThoseRegistered(t *testing.T) {
	registered := &names{}
	workflows.Register(registered, kit.Policy{})
	require.ElementsMatch(t, registered.list, workflows.Types())
}

// Package workflows registers what happens to a guest.
//
// Called by the worker, by the replayer and by tests. Type names are short and
// fixed: they are public API, and in every history.
package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/health"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/rotation"
	"guestjourney/workflows/session"
)

// Types are the names of every workflow type.
func Types() []string {
	return []string{
		journey.Type, payment.Type, appointment.Type, profile.Type, profile.ClaimType, inbox.Type,
		health.Type, health.CheckType, health.DeepCheckType, rotation.Type, rotation.RoundType,
		session.Type,
	}
}

// Register registers every workflow type under its fixed name, for whoever replays
// or plays all of them.
func Register(registry worker.WorkflowRegistry, policy kit.Policy) {
	RegisterJourneys(registry, policy)
	RegisterSessions(registry, policy)
}

// RegisterSessions registers what is served on options.QueueSessions.
func RegisterSessions(registry worker.WorkflowRegistry, policy kit.Policy) {
	registry.RegisterWorkflowWithOptions(session.Workflow(policy), workflow.RegisterOptions{Name: session.Type})
}

// RegisterJourneys registers what is served on options.QueueJourneys.
func RegisterJourneys(registry worker.WorkflowRegistry, policy kit.Policy) {
	register := func(name string, definition any) {
		registry.RegisterWorkflowWithOptions(definition, workflow.RegisterOptions{Name: name})
	}
	register(journey.Type, journey.Workflow(policy))
	register(payment.Type, payment.Workflow(policy))
	register(appointment.Type, appointment.Workflow(policy))
	register(profile.Type, profile.Workflow(policy))
	register(profile.ClaimType, profile.ClaimWorkflow(policy))
	register(inbox.Type, inbox.Workflow(policy))
	register(health.Type, health.Workflow(policy))
	register(health.CheckType, health.Check)
	register(health.DeepCheckType, health.DeepCheck)
	register(rotation.Type, rotation.Workflow(policy))
	register(rotation.RoundType, rotation.Round)
}

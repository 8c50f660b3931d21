package rotation

import (
	"context"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Unmanaged is the Vault of a house whose secrets are in the environment, where
// no program can replace them.
type Unmanaged struct{}

var _ Vault = Unmanaged{}

func refused(operation string) error {
	return &failure.Error{
		Provider: "environment", Operation: operation, Class: failure.InvalidInput,
		Advice: "the secrets are in the environment, where a person replaces them; a rotation needs SECRETS_PROVIDER=aws",
	}
}

// Due is none.
func (Unmanaged) Due(context.Context) (Due, error) { return Due{}, nil }

// Plan is refused.
func (Unmanaged) Plan(context.Context, Secret) (Plan, error) { return Plan{}, refused("plan") }

// Create is refused.
func (Unmanaged) Create(context.Context, options.Effect, Secret) (Version, error) {
	return Version{}, refused("create")
}

// Pending is refused.
func (Unmanaged) Pending(context.Context, Secret) (Version, error) {
	return Version{}, refused("pending")
}

// Try is refused.
func (Unmanaged) Try(context.Context, Version) (Trial, error) { return Trial{}, refused("try") }

// Promote is refused.
func (Unmanaged) Promote(context.Context, options.Effect, Version) (Version, error) {
	return Version{}, refused("promote")
}

// Withdraw is refused.
func (Unmanaged) Withdraw(context.Context, options.Effect, Version) (Version, error) {
	return Version{}, refused("withdraw")
}

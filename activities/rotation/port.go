// Package rotation is the port for replacing the secrets that the house signs in
// and verifies with.
//
// Called by RotationRound and SecretRotation. It owns the table of how each
// secret is replaced. It promises that a secret's text never crosses it: what
// enters a history is a name, a version's ID and a code.
package rotation

import (
	"context"

	"guestjourney/activities/options"
)

// Secret names one of internal/secrets.
type Secret struct {
	Name string `json:"name"`
}

// Version is one text that a secret has had, by its ID at the place that keeps it.
type Version struct {
	Secret string `json:"secret"`
	ID     string `json:"id,omitempty"` // "": there is none
}

// Due are the secrets whose time has come, in the order of their table.
type Due struct {
	Secrets []string `json:"secrets,omitempty"`
}

// Results of a trial.
const (
	Passed = "passed"
	// Refused: the version must not be put in force.
	Refused = "refused"
	// Untestable: only a person can tell.
	Untestable = "untestable"
)

// Codes of a refusal that are ours; any other is the provider's.
const (
	CodeUnchanged = "unchanged" // it is the text that is in force
	CodeWeak      = "weak"      // too short to sign with
	CodeGone      = "gone"      // no such version
)

// Trial is what came of trying a version.
type Trial struct {
	Result string `json:"result"`
	Code   string `json:"code,omitempty"` // why it was refused
}

// Vault is where secrets are kept and replaced. Errors are *failure.Error.
type Vault interface {
	// Due lists the secrets that are in force for longer than they should be.
	// None is due where nothing can be replaced.
	Due(context.Context) (Due, error)
	// Plan says how a secret is replaced. One that is not kept here, or that
	// nobody knows, is InvalidInput.
	Plan(context.Context, Secret) (Plan, error)
	// Create makes a new text and puts it on trial. Exactly once: the effect's key
	// is the version's ID.
	Create(context.Context, options.Effect, Secret) (Version, error)
	// Pending finds the version on trial, if there is one.
	Pending(context.Context, Secret) (Version, error)
	// Try does with a version what it is for. A refusal is a result and no error.
	Try(context.Context, Version) (Trial, error)
	// Promote puts the version on trial in force; the former one stays valid as the
	// previous. Idempotent.
	Promote(context.Context, options.Effect, Version) (Version, error)
	// Withdraw ends a version's trial, or puts the previous one in force again if
	// it is in force already. Idempotent.
	Withdraw(context.Context, options.Effect, Version) (Version, error)
}

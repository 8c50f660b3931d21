package rotation

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "rotation."

// Activities are the registered activities of the port.
type Activities struct{ Vault Vault }

// Question is the input of Due: there is nothing to choose.
type Question struct{}

// Due is the activity behind AskDue.
func (a *Activities) Due(ctx context.Context, _ Question) (Due, error) {
	due, err := a.Vault.Due(ctx)
	return due, failure.ToTemporal(err)
}

// Plan is the activity behind AskPlan.
func (a *Activities) Plan(ctx context.Context, secret Secret) (Plan, error) {
	plan, err := a.Vault.Plan(ctx, secret)
	return plan, failure.ToTemporal(err)
}

// Create is the activity behind the helper of the same name.
func (a *Activities) Create(ctx context.Context, command options.Command[Secret]) (Version, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Vault.Create)
}

// Pending is the activity behind FindPending.
func (a *Activities) Pending(ctx context.Context, secret Secret) (Version, error) {
	version, err := a.Vault.Pending(ctx, secret)
	return version, failure.ToTemporal(err)
}

// Try is the activity behind the helper of the same name.
func (a *Activities) Try(ctx context.Context, version Version) (Trial, error) {
	trial, err := a.Vault.Try(ctx, version)
	return trial, failure.ToTemporal(err)
}

// Promote is the activity behind the helper of the same name.
func (a *Activities) Promote(ctx context.Context, command options.Command[Version]) (Version, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Vault.Promote)
}

// Withdraw is the activity behind the helper of the same name.
func (a *Activities) Withdraw(ctx context.Context, command options.Command[Version]) (Version, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Vault.Withdraw)
}

// AskDue asks which secrets are to be replaced.
func AskDue(ctx workflow.Context) options.Result[Due] {
	return options.Read[Question, Due](ctx, options.Outside, options.QueueSecrets, Prefix+"Due", "secrets that are due", Question{})
}

// AskPlan asks how a secret is replaced.
func AskPlan(ctx workflow.Context, secret Secret) options.Result[Plan] {
	return options.Read[Secret, Plan](ctx, options.Outside, options.QueueSecrets, Prefix+"Plan", "how "+secret.Name+" is replaced", secret)
}

// Create schedules the making of a new version.
func Create(ctx workflow.Context, effect options.Effect, secret Secret) options.Result[Version] {
	return options.Mutate[Secret, Version](ctx, options.Outside, options.QueueSecrets, Prefix+"Create", "new "+secret.Name, effect, secret)
}

// FindPending looks for the version on trial.
func FindPending(ctx workflow.Context, secret Secret) options.Result[Version] {
	return options.Read[Secret, Version](ctx, options.Outside, options.QueueSecrets, Prefix+"Pending", "version of "+secret.Name+" on trial", secret)
}

// Try schedules the trial of a version.
func Try(ctx workflow.Context, version Version) options.Result[Trial] {
	return options.Read[Version, Trial](ctx, options.Outside, options.QueueSecrets, Prefix+"Try", "try "+version.Secret, version)
}

// Promote schedules the change of the version in force.
func Promote(ctx workflow.Context, effect options.Effect, version Version) options.Result[Version] {
	return options.Mutate[Version, Version](ctx, options.Outside, options.QueueSecrets, Prefix+"Promote", version.Secret+" in force", effect, version)
}

// Withdraw schedules the end of a version's trial, or its replacement by the
// former one.
func Withdraw(ctx workflow.Context, effect options.Effect, version Version) options.Result[Version] {
	return options.Mutate[Version, Version](ctx, options.Outside, options.QueueSecrets, Prefix+"Withdraw", version.Secret+" withdrawn", effect, version)
}

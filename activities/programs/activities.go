package programs

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "programs."

// Snapshot is a program as a journey keeps it.
type Snapshot struct {
	Program Program `json:"program"`
	// Hash is the first 12 hex digits of the file's SHA-256, shown in status.
	Hash string `json:"hash"`
}

// Catalogue finds programs by their code.
type Catalogue interface {
	// Load returns the program; an unknown code is InvalidInput.
	Load(ctx context.Context, code string) (Snapshot, error)
}

// Activities are the registered activities of the catalogue.
type Activities struct{ Catalogue Catalogue }

// Load is the activity behind the helper of the same name.
func (a *Activities) Load(ctx context.Context, code string) (Snapshot, error) {
	snapshot, err := a.Catalogue.Load(ctx, code)
	return snapshot, failure.ToTemporal(err)
}

// Load schedules the reading of a program.
func Load(ctx workflow.Context, code string) options.Result[Snapshot] {
	return options.Read[string, Snapshot](ctx, options.Inside, options.QueueJourneys, Prefix+"Load", "read the program", code)
}

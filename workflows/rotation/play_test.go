package rotation_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	vault "guestjourney/activities/rotation"
	"guestjourney/internal/secrets"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/playtest"
	"guestjourney/workflows/rotation"
)

const (
	signing  = string(secrets.JWTSigningKey)
	stripe   = string(secrets.StripeAPIKey)
	database = string(secrets.DatabasePassword)
	overlap  = 6 * time.Minute
)

// play is a SecretRotation before a place that keeps one secret.
type play struct {
	*playtest.Play[rotation.Input, rotation.Result]

	current, previous, pending string
	// trials answers, one after the other; the last stands.
	trials []vault.Trial
	tried  []string // by version, in order
	made   int
	broken error // of every change
}

func newPlay(t *testing.T, secret string) *play {
	p := &play{current: "v0", trials: []vault.Trial{{Result: vault.Passed}}}
	p.Play = playtest.New(t, rotation.IDPrefix+secret, rotation.Type, rotation.Workflow, rotation.Input{Secret: secret})
	p.Before = p.serve
	return p
}

// tells gives a command as an engineer, and expects it to be taken.
func (p *play) tells(delay time.Duration, update string) {
	p.After(delay, func() {
		p.give(update, kit.RoleEngineer, func(refused error) { require.NoError(p.T, refused, update) })
	})
}

func (p *play) give(update, role string, then func(refused error)) {
	id := fmt.Sprintf("%s-%s", update, p.Env.Now().Format(time.RFC3339))
	p.Update(update, id, kit.Envelope{Actor: "eva", Role: role, Reason: "test"}, then)
}

// stores is a person's part: a version at the place, on trial.
func (p *play) stores(delay time.Duration, version string) {
	p.After(delay, func() { p.pending = version })
}

// shows looks at the status.
func (p *play) shows(at time.Duration, look func(rotation.Overview)) {
	p.After(at, func() { look(p.status()) })
}

func (p *play) status() (view rotation.Overview) {
	p.T.Helper()
	p.Ask(kit.QueryStatus, &view)
	return view
}

// serve registers the place.
func (p *play) serve() {
	register := func(name string, call any) {
		p.Env.RegisterActivityWithOptions(call, activity.RegisterOptions{Name: vault.Prefix + name})
	}
	register("Plan", func(_ context.Context, secret vault.Secret) (vault.Plan, error) {
		plan, known := vault.PlanOf(secret.Name)
		if !known {
			return plan, failure.ToTemporal(&failure.Error{Provider: "place", Operation: "plan", Class: failure.InvalidInput})
		}
		plan.Overlap = options.Duration(overlap)
		return plan, nil
	})
	register("Pending", func(context.Context, vault.Secret) (vault.Version, error) {
		return vault.Version{Secret: p.Input.Secret, ID: p.pending}, nil
	})
	register("Try", func(_ context.Context, version vault.Version) (vault.Trial, error) {
		p.tried = append(p.tried, version.ID)
		trial := p.trials[0]
		if len(p.trials) > 1 {
			p.trials = p.trials[1:]
		}
		return trial, nil
	})
	register("Create", func(_ context.Context, command options.Command[vault.Secret]) (vault.Version, error) {
		if p.broken != nil {
			return vault.Version{}, failure.ToTemporal(p.broken)
		}
		p.made++
		p.pending = fmt.Sprintf("v%d", p.made)
		return vault.Version{Secret: command.Request.Name, ID: p.pending}, nil
	})
	register("Promote", p.change(func(version string) {
		if p.current != version {
			p.current, p.previous, p.pending = version, p.current, ""
		}
	}))
	register("Withdraw", p.change(func(version string) {
		if p.pending == version {
			p.pending = ""
		}
		if p.current == version {
			p.current, p.previous = p.previous, version
		}
	}))
}

func (p *play) change(apply func(version string)) func(context.Context, options.Command[vault.Version]) (vault.Version, error) {
	return func(_ context.Context, command options.Command[vault.Version]) (vault.Version, error) {
		if p.broken != nil {
			return vault.Version{}, failure.ToTemporal(p.broken)
		}
		apply(command.Request.ID)
		return command.Request, nil
	}
}

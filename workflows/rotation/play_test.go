package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	vault "guestjourney/activities/rotation"
	"guestjourney/internal/secrets"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/rotation"
)

var (
	begin  = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	policy = kit.Policy{AllowPlaintext: func() bool { return true }}
)

const (
	signing  = string(secrets.JWTSigningKey)
	stripe   = string(secrets.StripeAPIKey)
	database = string(secrets.DatabasePassword)
	overlap  = 6 * time.Minute
)

type act struct {
	at time.Time
	do func()
}

// play is a SecretRotation over every run, on a clock that skips, before a place
// that keeps one secret.
type play struct {
	t      *testing.T
	env    *testsuite.TestWorkflowEnvironment
	secret string
	acts   []*act
	runs   int
	result rotation.Result
	err    error
	before func() // each run, if it is set

	current, previous, pending string
	// trials answers, one after the other; the last stands.
	trials []vault.Trial
	tried  []string // by version, in order
	made   int
	broken error // of every change
}

func newPlay(t *testing.T, secret string) *play {
	return &play{t: t, secret: secret, current: "v0", trials: []vault.Trial{{Result: vault.Passed}}}
}

// after does something so long after the start, in whichever run that is.
func (p *play) after(delay time.Duration, do func()) {
	p.acts = append(p.acts, &act{begin.Add(delay), do})
}

// tells gives a command as an engineer, and expects it to be taken.
func (p *play) tells(delay time.Duration, update string) {
	p.after(delay, func() { p.give(update, kit.RoleEngineer, nil) })
}

func (p *play) give(update, role string, refused *error) {
	id := fmt.Sprintf("%s-%s", update, p.env.Now().Format(time.RFC3339))
	reject := func(err error) { require.NoError(p.t, err, update) }
	if refused != nil {
		reject = func(err error) { *refused = err }
	}
	p.env.UpdateWorkflow(update, id, &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: reject, OnComplete: func(_ any, err error) { require.NoError(p.t, err, update) },
	}, kit.Envelope{Actor: "eva", Role: role, Reason: "test"})
}

// stores is a person's part: a version at the place, on trial.
func (p *play) stores(delay time.Duration, version string) {
	p.after(delay, func() { p.pending = version })
}

// shows looks at the status.
func (p *play) shows(at time.Duration, look func(rotation.Overview)) {
	p.after(at, func() {
		value, err := p.env.QueryWorkflow(kit.QueryStatus)
		require.NoError(p.t, err)
		var view rotation.Overview
		require.NoError(p.t, value.Get(&view))
		look(view)
	})
}

func (p *play) run() {
	p.t.Helper()
	input := rotation.Input{Secret: p.secret}
	for at := begin; p.runs < 20; at = p.env.Now() {
		p.runs++
		p.begin(at)
		p.env.ExecuteWorkflow(rotation.Type, input)
		require.True(p.t, p.env.IsWorkflowCompleted())
		var again *workflow.ContinueAsNewError
		if p.err = p.env.GetWorkflowError(); !errors.As(p.err, &again) {
			if p.err == nil {
				require.NoError(p.t, p.env.GetWorkflowResult(&p.result))
				require.Empty(p.t, p.acts, "everything was done")
			}
			return
		}
		input = rotation.Input{}
		require.NoError(p.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &input))
	}
	p.t.Fatal("20 runs and no end")
}

func (p *play) begin(at time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p.env = suite.NewTestWorkflowEnvironment()
	p.env.SetStartTime(at)
	p.env.SetTestTimeout(time.Minute)
	p.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: rotation.IDPrefix + p.secret})
	p.env.RegisterWorkflowWithOptions(rotation.Workflow(policy), workflow.RegisterOptions{Name: rotation.Type})
	p.serve()
	if p.before != nil {
		p.before()
	}
	for _, next := range slices.Clone(p.acts) {
		p.env.RegisterDelayedCallback(func() {
			p.acts = slices.DeleteFunc(p.acts, func(a *act) bool { return a == next })
			next.do()
		}, max(next.at.Sub(at), 0))
	}
}

// serve registers the place.
func (p *play) serve() {
	register := func(name string, call any) {
		p.env.RegisterActivityWithOptions(call, activity.RegisterOptions{Name: vault.Prefix + name})
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
		return vault.Version{Secret: p.secret, ID: p.pending}, nil
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

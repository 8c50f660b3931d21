package health

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// patience is how long no report may come before a person is asked. A restart
// of the workers is shorter.
const patience = 10 * time.Minute

const deadlineSilence = "silence"

type integrations struct {
	core  *kit.Core
	state *State
}

// Workflow returns IntegrationHealth under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		i, ctx := restore(ctx, policy, input)
		return i.run(ctx)
	})
}

// restore restores or builds the state and sets every handler.
func restore(ctx workflow.Context, policy kit.Policy, input Input) (*integrations, workflow.Context) {
	i := &integrations{state: input.State}
	if i.state == nil {
		now := workflow.Now(ctx).UTC()
		i.state = &State{Stage: StateUp, Since: now, Listen: now.Add(patience)}
	}
	cancellable := ctx
	ctx, i.core = kit.Open(ctx, &i.state.Common, policy, alertPace, i.face)
	kit.OnSignal(ctx, i.core, SignalReport, "What a HealthCheck or DeepHealthCheck has found.", noID,
		func(report Report) { i.state.Reports = append(i.state.Reports, report) })
	kit.OnSignal(ctx, i.core, SignalWorker, "What a worker knows of its calls to the providers.", func(WorkerReport) string { return "" },
		func(report WorkerReport) { i.hear(ctx, report) })
	kit.OfferRetry(ctx, i.core, i.retried)
	kit.OnQuery(ctx, kit.QueryStatus, "The state of every provider, what the workers report, and the last changes.",
		func() Overview { return i.overview(workflow.Now(ctx)) })
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return i.state.Common.Timeline })
	kit.OnQuery(ctx, kit.QueryNextDeadlines, "What happens next by itself.", i.core.NextDeadlines)
	i.core.Upcoming(i.upcoming)
	i.core.OnCancel(cancellable, func() { i.state.Stage, i.state.Since = StageClosed, workflow.Now(ctx).UTC() })
	return i, ctx
}

// noID: a repeated report is as old as the one before it, and needs no ID.
func noID(Report) string { return "" }

// run takes reports for as long as nobody cancels it.
func (i *integrations) run(ctx workflow.Context) (Result, error) {
	for i.state.Stage != StageClosed {
		err := i.turn(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			i.core.Finish(ctx)
			return Result{}, kit.ContinueAsNew(ctx, Type, Input{State: i.state})
		case err != nil:
			return Result{}, err
		}
	}
	i.core.Finish(ctx)
	i.core.ShowEnd(ctx)
	return Result{Stage: i.state.Stage}, nil
}

// turn does the next thing: a report that has come, else what staff are yet to
// be told, else a wait for either.
func (i *integrations) turn(ctx workflow.Context) error {
	if len(i.state.Reports) > 0 {
		report := i.state.Reports[0]
		i.state.Reports = i.state.Reports[1:]
		i.take(ctx, report)
		return nil
	}
	if err := i.tellStaff(ctx); err != nil {
		return err
	}
	next := i.silence()
	if telling := i.telling(); !telling.At.IsZero() && telling.At.Before(next.At) {
		next = telling
	}
	wake, err := i.core.Until(ctx, next, func() bool { return len(i.state.Reports) > 0 || i.state.Stage == StageClosed || i.helped() })
	if err == nil && wake == kit.Expired && next.Name == deadlineSilence {
		i.listen(ctx)
	}
	return err
}

// silence is when it is next looked whether reports still come. It stands for
// ten minutes whatever comes meanwhile: a timer moved by each report would be
// two events a minute.
func (i *integrations) silence() kit.Deadline {
	return kit.Deadline{
		Name: deadlineSilence, At: i.state.Listen, Class: kit.ClassInternal, Quiet: true,
		Consequence: "attention, unless a report came in the last " + patience.String(),
	}
}

func (i *integrations) upcoming() []kit.Deadline {
	if i.state.Stage == StageClosed {
		return nil
	}
	return []kit.Deadline{i.silence()}
}

func (i *integrations) listen(ctx workflow.Context) {
	now := workflow.Now(ctx).UTC()
	i.state.Listen = i.state.ReportedAt.Add(patience)
	if !i.state.Listen.After(now) {
		i.core.Raise(ctx, AttentionSilent)
		i.state.Listen = now.Add(patience)
	}
}

func (i *integrations) face() kit.Face {
	face := kit.Face{Stage: i.state.Stage, Since: i.state.Since}
	var ill []string
	for _, p := range i.state.Providers {
		if p.State != StateUp {
			ill = append(ill, p.Name()+" "+p.State)
		}
	}
	face.About = strings.Join(ill, ", ")
	return face
}

func (i *integrations) overview(now time.Time) Overview {
	return Overview{
		Stage: i.state.Stage, Since: i.state.Since, ReportedAt: i.state.ReportedAt, Providers: append([]Provider{}, i.state.Providers...),
		Functions: i.state.Functions, Workers: i.state.Workers, Fleet: FleetAt(i.state.Workers, now), Changes: i.state.Changes, WaitsFor: i.core.WaitsFor(), Attention: i.state.Common.Attention, NextDeadlines: i.core.NextDeadlines(),
	}
}

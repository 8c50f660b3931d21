package integration

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// unrouted: events that come before their workflows, and what becomes of them:
// one in the end finds its own, one begins it, one is sent elsewhere, one is
// given up after a hold and a new run, one expires, one waits.
func (r *recorder) unrouted() func() {
	late := newJourneyID()
	found := r.event(1, late, func(*inbox.Input) {})
	begun := r.event(2, "claim/phone/begun", func(input *inbox.Input) {
		input.Signal = kit.SignalMessageIn
		input.Start = &kit.Start{WorkflowType: profile.ClaimType, TaskQueue: options.QueueJourneys, Input: []byte(`{"kind":"phone"}`)}
	})
	elsewhere := r.event(3, newJourneyID(), func(*inbox.Input) {})
	discarded := r.event(4, newJourneyID(), func(*inbox.Input) {})
	expired := r.event(5, newJourneyID(), func(input *inbox.Input) { input.Term = seconds(3) })
	waiting := r.event(6, newJourneyID(), func(input *inbox.Input) {
		input.Pace = options.Pace{RetryFirst: seconds(3600), AttentionAfter: seconds(1)}
	})
	for _, id := range []string{found, elsewhere, discarded} {
		r.looksFor(id)
	}
	_, err := r.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: late, TaskQueue: options.QueueJourneys},
		journey.Type, journey.Input{Lead: lead(900), Program: "long", Test: true})
	require.NoError(r.t, err)

	r.orders(elsewhere, inbox.UpdateRoute, "operator", map[string]any{"target": newJourneyID()})
	r.orders(elsewhere, inbox.UpdateRetry, "engineer", map[string]any{})
	r.orders(elsewhere, inbox.UpdateRoute, "operator", map[string]any{"target": late})

	r.orders(discarded, kit.UpdateHold, "operator", map[string]any{})
	r.leave(discarded)
	r.orders(discarded, kit.UpdateRelease, "operator", map[string]any{})
	r.orders(discarded, inbox.UpdateDiscard, "operator", map[string]any{})
	return func() {
		for id, stage := range map[string]string{
			found: inbox.StageRouted, begun: inbox.StageRouted, elsewhere: inbox.StageRouted, discarded: inbox.StageDiscarded, expired: inbox.StageExpired,
		} {
			var result inbox.Result
			require.NoError(r.t, r.client.GetWorkflow(context.Background(), id, "").Get(context.Background(), &result), id)
			require.Equal(r.t, stage, result.Stage, id)
		}
		r.attends(waiting, inbox.Attention)
		r.visible(discarded, 2)
		for scenario, id := range map[string]string{
			"event_found": found, "event_begun": begun, "event_elsewhere": elsewhere, "event_discarded": discarded, "event_expired": expired, "open_event": waiting,
		} {
			r.visible(id, 1)
			r.keepRuns(scenario, "WorkflowId = '"+id+"'", inbox.Type)
		}
	}
}

// event starts the event of this number: a guest's word for a journey.
func (r *recorder) event(number int, target string, change func(*inbox.Input)) (id string) {
	r.t.Helper()
	input := inbox.Input{
		Provider: "guest", Type: journey.GuestPolicy, Event: fmt.Sprintf("%032x", number), Target: target, Signal: kit.SignalGuest,
		Fact: kit.Fact{
			ID: fmt.Sprintf("event-%d", number), Provider: "guest", Type: journey.GuestPolicy, OccurredAt: time.Now().UTC(),
			Data: map[string]string{"version": "1"},
		},
		ReceivedAt: time.Now().UTC(), Pace: options.Pace{RetryFirst: seconds(1), RetryMax: seconds(2)},
	}
	change(&input)
	id = inbox.ID(input.Provider, input.Event)
	_, err := r.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys}, inbox.Type, input)
	require.NoError(r.t, err)
	return id
}

// looksFor waits until an event has looked for its workflow in vain.
func (r *recorder) looksFor(id string) {
	r.t.Helper()
	r.eventually(20*time.Second, id+" has looked twice", func() bool {
		var view inbox.Overview
		value, err := r.client.QueryWorkflow(context.Background(), id, "", kit.QueryStatus)
		return err == nil && value.Get(&view) == nil && view.Tries >= 2
	})
}

// visible waits until visibility shows so many runs of a workflow.
func (r *recorder) visible(id string, runs int) {
	r.t.Helper()
	r.eventually(20*time.Second, id+" is visible", func() bool { return len(r.list("WorkflowId = '"+id+"'")) >= runs })
}

package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"

	"guestjourney/webhookproxy/providers"
)

// Decisions about one event.
const (
	decisionAccepted    = "accepted"    // Temporal has it
	decisionDuplicate   = "duplicate"   // Temporal had it before
	decisionIgnored     = "ignored"     // nobody acts on its type
	decisionForeign     = "foreign"     // it belongs to something that is not ours
	decisionNoWorkflow  = "no_workflow" // nobody takes it now
	decisionUnavailable = "unavailable" // Temporal does not take it now
	decisionTooLarge    = "too_large"   // Temporal will never take it
)

// parallel bounds the signals of one batch that are under way at once.
const parallel = 8

// deliver makes every event of a request durable and returns the decisions in
// the events' order. One that fails does not stop the others: the sender will
// come again, and those that were accepted are then duplicates.
func (g *Gateway) deliver(ctx context.Context, in *request, events []providers.Event) []string {
	decisions := make([]string, len(events))
	var work sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, group := range byTarget(events) {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			for _, index := range group {
				decisions[index] = g.deliverOne(ctx, in, events[index])
			}
		})
	}
	work.Wait()
	return decisions
}

// byTarget groups the indexes of events by their workflow, in order: the events
// of one workflow are sent one after the other.
func byTarget(events []providers.Event) [][]int {
	var groups [][]int
	at := map[string]int{}
	for index, event := range events {
		target := ""
		if event.Signal != nil {
			target = event.Signal.WorkflowID
		}
		group, known := at[target]
		if !known {
			group = len(groups)
			at[target], groups = group, append(groups, nil)
		}
		groups[group] = append(groups[group], index)
	}
	return groups
}

func (g *Gateway) deliverOne(ctx context.Context, in *request, event providers.Event) string {
	key := newEventKey(in.provider.Name, event.Account, event.ID)
	decision, err := g.decide(ctx, key, event)
	g.metrics.event(in.provider, event.Type, decision)
	g.logEvent(in, event, key, decision, err)
	return decision
}

func (g *Gateway) decide(ctx context.Context, key eventKey, event providers.Event) (string, error) {
	if event.Signal == nil {
		if event.Foreign {
			return decisionForeign, nil
		}
		return decisionIgnored, nil
	}
	first, err := g.delivery.once(ctx, key, *event.Signal)
	switch {
	case err == nil && first:
		return decisionAccepted, nil
	case err == nil:
		return decisionDuplicate, nil
	case errors.Is(err, ErrTooLarge):
		return decisionTooLarge, err
	case errors.Is(err, ErrNoWorkflow):
		return decisionNoWorkflow, err
	default:
		return decisionUnavailable, err
	}
}

// outcome is what a request's decisions come to: what the sender must send
// again decides over what nobody can take, and that over what was taken.
func outcome(decisions []string) string {
	for _, decision := range []string{
		decisionUnavailable, decisionNoWorkflow, decisionTooLarge, decisionAccepted, decisionDuplicate, decisionForeign,
	} {
		if slices.Contains(decisions, decision) {
			return decision
		}
	}
	return decisionIgnored
}

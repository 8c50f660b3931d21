package gateway

import (
	"context"
	"slices"
	"sync"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
)

// Decisions about one event.
const (
	decisionAccepted    = "accepted"    // its workflow has it
	decisionUnrouted    = "unrouted"    // no workflow takes it; an InboundEvent looks for one
	decisionStored      = "stored"      // it is in the inbox, on its way to Temporal
	decisionDuplicate   = "duplicate"   // it was taken before
	decisionMoot        = "moot"        // its workflow has closed, and nobody needs it any more
	decisionIgnored     = "ignored"     // nobody acts on its type
	decisionForeign     = "foreign"     // it belongs to something that is not ours
	decisionUnavailable = "unavailable" // neither Temporal nor the inbox takes it now
)

// parallel bounds the signals of one batch that are under way at once.
const parallel = 8

// deliver makes every event of a request durable and returns the decisions in
// the events' order. One that fails does not stop the others: the sender will
// come again, and those that were accepted are then duplicates.
func (g *Gateway) deliver(ctx context.Context, in *request, events []providers.Event) []string {
	decisions := make([]string, len(events))
	if len(events) == 1 {
		decisions[0] = g.deliverOne(ctx, in, events[0])
		return decisions
	}
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
	decision, key, err := decisionIgnored, inbox.Key{}, error(nil)
	switch {
	case event.Signal != nil:
		p := parcel.New(in.provider, event, in.begun.UTC())
		key = p.Key
		decision, err = g.delivery.once(ctx, in.end, p)
	case event.Foreign:
		decision = decisionForeign
	}
	g.metrics.event(in.provider, event.Type, decision)
	g.logEvent(in, event, key, decision, err)
	return decision
}

// outcome is what a request's decisions come to: what the sender must send
// again decides over what was taken.
func outcome(decisions []string) string {
	for _, decision := range []string{
		decisionUnavailable, decisionUnrouted, decisionStored, decisionAccepted, decisionDuplicate, decisionMoot, decisionForeign,
	} {
		if slices.Contains(decisions, decision) {
			return decision
		}
	}
	return decisionIgnored
}

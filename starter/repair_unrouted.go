package main

import (
	"context"
	"slices"

	"guestjourney/internal/views"
	"guestjourney/workflows/inbox"
)

// unrouted lists the events that ask for a person. Younger ones are left out: an
// event that overtakes its workflow finds it by itself.
func unrouted(ctx context.Context, s *session, limit int) ([]Repair, error) {
	found, err := find(ctx, s, views.Unrouted(), limit)
	if err != nil {
		return nil, err
	}
	var repairs []Repair
	for _, one := range found {
		if !slices.Contains(one.Attention, inbox.Attention) {
			continue
		}
		repairs = append(repairs, Repair{
			Kind: repairUnrouted, Workflow: one.WorkflowID, RunID: one.RunID,
			What:     []string{"no workflow has taken this event"},
			Commands: unroutedCommands(one.WorkflowID),
		})
	}
	return repairs, nil
}

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/workflows/health"
)

const (
	// deepID is the one check that is asked for: whoever asks while it runs waits
	// for the same one, and no second text is sent.
	deepID = "health/deep/asked"
	// deepTimeout is more than the check of a silent provider takes.
	deepTimeout = "6m"
)

// tryFunctions has the providers do what they are there for, and shows how they
// fare afterwards.
func tryFunctions(command *cobra.Command) error {
	if timeout := command.Flags().Lookup("timeout"); !timeout.Changed {
		if err := timeout.Value.Set(deepTimeout); err != nil {
			return err
		}
	}
	return withSession(command, func(ctx context.Context, s *session) error {
		run, err := s.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: deepID, TaskQueue: options.QueueJourneys, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, health.DeepCheckType)
		if err != nil {
			return fmt.Errorf("start %s: %w", deepID, err)
		}
		var result health.DeepCheckResult
		if err := run.Get(ctx, &result); err != nil {
			return fmt.Errorf("wait for %s: %w", deepID, err)
		}
		if err := integrations(ctx, s, command); err != nil {
			return err
		}
		if result.Failed > 0 {
			return verdict{1, fmt.Sprintf("%d of %d functions that were tried do not work", result.Failed, result.Asked)}
		}
		return nil
	})
}

// notTried says what the last check of functions left out, by reason.
func notTried(skipped []health.Skipped) string {
	var reasons []string
	for _, one := range skipped {
		if !slices.Contains(reasons, one.Reason) {
			reasons = append(reasons, one.Reason)
		}
	}
	parts := make([]string, len(reasons))
	for at, reason := range reasons {
		var capabilities []string
		for _, one := range skipped {
			if one.Reason == reason {
				capabilities = append(capabilities, one.Capability)
			}
		}
		parts[at] = strings.Join(capabilities, ", ") + " (" + reason + ")"
	}
	return strings.Join(parts, "; ")
}

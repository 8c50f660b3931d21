package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/setup"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
)

// errNotWatched: the advice is part of it, so that none for journeys is added.
var errNotWatched = fmt.Errorf("%s does not run: `starter setup` makes the schedule %s, which begins it within a minute of a worker's start; "+
	"is the schedule there and not paused?", health.ID, setup.PingSchedule)

// integrations shows how the providers fare. One that is down is an exit code of 1.
func integrations(ctx context.Context, s *session, command *cobra.Command) error {
	view, err := integrationHealth(ctx, s)
	if err != nil {
		return err
	}
	if err := show(command, view, func(out io.Writer) error { return inColumns(out, providersTable(view)) }); err != nil {
		return err
	}
	return worst(view)
}

// worst is what is wrong with the providers, or nil.
func worst(view health.Overview) error {
	var down []string
	for _, p := range view.Providers {
		if p.State == health.StateDown {
			down = append(down, p.Name())
		}
	}
	switch {
	case len(down) > 0:
		return verdict{1, "down: " + strings.Join(down, ", ")}
	case slices.Contains(view.Attention, health.AttentionSilent):
		return verdict{1, "no report comes: does a worker run, and is the schedule " + setup.PingSchedule + " there and not paused?"}
	}
	return nil
}

// integrationHealth asks the one that runs: what a closed one knows is old.
func integrationHealth(ctx context.Context, s *session) (view health.Overview, err error) {
	answer, err := s.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: health.ID, QueryType: kit.QueryStatus, QueryRejectCondition: enums.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return view, errNotWatched
	case err != nil:
		return view, fmt.Errorf("status of %s: %w", health.ID, err)
	case answer.QueryRejected != nil:
		return view, errNotWatched
	}
	if err := answer.QueryResult.Get(&view); err != nil {
		return view, fmt.Errorf("status of %s: %w", health.ID, err)
	}
	return view, nil
}

func providersTable(view health.Overview) string {
	var text strings.Builder
	text.WriteString("PROVIDER\tFOR\tSTATE\tFAILURES IN A ROW\tLAST SUCCESS\tSINCE\tLAST FAILURE\n")
	for _, p := range view.Providers {
		cells := []string{p.Name(), p.Capability, p.State, strconv.Itoa(p.Failures), orNever(p.LastSuccess), orNever(p.Since), lastFailure(p)}
		text.WriteString(strings.TrimRight(strings.Join(cells, "\t"), "\t") + "\n")
	}
	text.WriteString("last report: " + orNever(view.ReportedAt) + "\n")
	if !view.Functions.ReportedAt.IsZero() {
		text.WriteString("functions last tried: " + orNever(view.Functions.ReportedAt) + "\n")
	}
	if len(view.Functions.Skipped) > 0 {
		text.WriteString("not tried: " + notTried(view.Functions.Skipped) + "\n")
	}
	if len(view.Workers) > 0 {
		text.WriteString(workersLine(health.FleetAt(view.Workers, time.Now())))
	}
	if len(view.Attention) > 0 {
		text.WriteString("attention: " + strings.Join(view.Attention, ", ") + "\n")
	}
	return text.String()
}

// workersLine says who reports, who does not any more, and which circuits are not
// closed.
func workersLine(fleet health.Fleet) string {
	parts := []string{fmt.Sprintf("workers that report: %d", fleet.Workers)}
	for _, silent := range fleet.Silent {
		parts = append(parts, fmt.Sprintf("silent: %s since %s", silent.Name, orNever(silent.HeardAt)))
	}
	for _, standing := range fleet.Standings {
		if standing.State != health.CircuitClosed && standing.State != health.CircuitUnknown {
			parts = append(parts, fmt.Sprintf("circuit of %s: %s", standing.Provider, standing.State))
		}
	}
	return strings.Join(parts, "; ") + "\n"
}

func orNever(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format(time.RFC3339)
}

// lastFailure is said of a provider that is not up.
func lastFailure(p health.Provider) string {
	if p.State == health.StateUp || p.LastFailure == nil {
		return ""
	}
	return strings.TrimSpace(string(p.LastFailure.Class) + " " + p.LastFailure.Code)
}

package main

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/sdk/v1"
)

// metadataQuery is answered by the SDK of every worker: it lists what the
// workflow itself has set, so no list is kept here that could be another.
const metadataQuery = "__temporal_workflow_metadata"

// named is one signal, update or query of a workflow.
type named struct{ Name, About string }

// handlers is what a workflow offers.
type handlers struct{ Signals, Updates, Queries []named }

// askHandlers asks a workflow what it offers; it needs a worker.
func askHandlers(ctx context.Context, s *session, id string) (handlers, error) {
	encoded, err := s.QueryWorkflow(ctx, id, "", metadataQuery)
	if err != nil {
		return handlers{}, fmt.Errorf("ask %s what it takes: %w", id, err)
	}
	var metadata sdk.WorkflowMetadata
	if err := encoded.Get(&metadata); err != nil {
		return handlers{}, fmt.Errorf("ask %s what it takes: %w", id, err)
	}
	definition := metadata.GetDefinition()
	return handlers{
		Signals: ownNames(definition.GetSignalDefinitions()),
		Updates: ownNames(definition.GetUpdateDefinitions()),
		Queries: ownNames(definition.GetQueryDefinitions()),
	}, nil
}

// ownNames leaves out what the SDK set itself.
func ownNames(definitions []*sdk.WorkflowInteractionDefinition) []named {
	var list []named
	for _, one := range definitions {
		if !strings.HasPrefix(one.GetName(), "__") {
			list = append(list, named{one.GetName(), one.GetDescription()})
		}
	}
	return list
}

func updatesOf(known handlers) []named { return known.Updates }
func signalsOf(known handlers) []named { return known.Signals }
func queriesOf(known handlers) []named { return known.Queries }

func namesOf(list []named) []string {
	var names []string
	for _, one := range list {
		names = append(names, one.Name)
	}
	return names
}

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

func TestRepairFindsTheEventsThatNobodyTook(t *testing.T) {
	connection := house(t)
	waiting := kit.AttributeStage.ValueSet(inbox.StageWaiting)
	event := func(key string, attributes ...temporal.SearchAttributeUpdate) {
		_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: inbox.ID("stripe", key), TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
		}, inbox.Type, inbox.Input{})
		require.NoError(t, err)
	}
	event("young", waiting)
	event("old", waiting, kit.AttributeAttention.ValueSet([]string{inbox.Attention}))
	one := repairs(t, 1)[0]
	require.Equal(t, repairUnrouted, one.Kind)
	require.Equal(t, "inbound/stripe/old", one.Workflow)
	require.Equal(t, `starter update inbound/stripe/old route --actor <you> --role operator --reason <why> -d '{"target":"<workflow ID>"}'`, one.Commands[0])

	require.NoError(t, connection.TerminateWorkflow(t.Context(), "inbound/stripe/old", "", "a mistake"))
	for {
		if one = repairs(t, 1)[0]; one.Kind == repairBroken {
			break
		}
	}
	require.Equal(t, []string{"terminated in waiting", "the fact has reached no workflow"}, one.What)
	require.Contains(t, one.Commands[0], "temporal workflow reset")
}

// The event of a provider is named by hex digits, however many of them are
// figures: that is no telephone number.
func TestTheIDOfAnEventIsTakenAsItIs(t *testing.T) {
	id, err := workflowID("inbound/stripe/01234567890123456789012345678901")
	require.NoError(t, err)
	require.Equal(t, "inbound/stripe/01234567890123456789012345678901", id)
}

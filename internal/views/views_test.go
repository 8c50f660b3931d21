package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/internal/devserver"
	"guestjourney/internal/views"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

// TestEveryViewFindsItsOwn asks a real server, whose visibility is SQL as in
// production.
func TestEveryViewFindsItsOwn(t *testing.T) {
	connection := devserver.Start(t).Client()
	now := time.Now()
	start := func(id, workflowType string, attributes ...temporal.SearchAttributeUpdate) {
		_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: id, TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
		}, workflowType)
		require.NoError(t, err)
	}
	arrives := func(in time.Duration) temporal.SearchAttributeUpdate {
		return kit.AttributeArrival.ValueSet(now.Add(in))
	}
	late := kit.AttributeNextDeadline.ValueSet(now.Add(-11 * time.Minute))
	running := kit.AttributeControl.ValueSet(kit.ControlRunning)
	paid, cleared := kit.AttributeMoney.ValueSet(payment.MoneyPaid), kit.AttributeClearance.ValueSet("ok")

	start("late", journey.Type, late, running)
	start("late-plan", payment.Type, late)
	start("late-held", journey.Type, late, kit.AttributeControl.ValueSet(kit.ControlHeld))
	start("just-late", journey.Type, kit.AttributeNextDeadline.ValueSet(now.Add(-9*time.Minute)), running)
	start("called", journey.Type, kit.AttributeAttention.ValueSet([]string{"message_in"}))
	start("stuck", journey.Type, kit.AttributeAttention.ValueSet([]string{"message_in", "stuck:place"}))
	start("stuck-plan", payment.Type, kit.AttributeAttention.ValueSet([]string{"refund_failed"}))
	start("soon-ready", journey.Type, arrives(time.Hour), paid, cleared)
	start("soon-no-clearance-needed", journey.Type, arrives(time.Hour), paid)
	start("soon-unpaid", journey.Type, arrives(time.Hour), kit.AttributeMoney.ValueSet(payment.MoneyDeposit), cleared)
	start("soon-no-plan", journey.Type, arrives(time.Hour))
	start("soon-uncleared", journey.Type, arrives(6*24*time.Hour), paid, kit.AttributeClearance.ValueSet("waiting"))
	start("later-unpaid", journey.Type, arrives(8*24*time.Hour))

	start("unrouted", inbox.Type, kit.AttributeStage.ValueSet(inbox.StageWaiting))
	start("routed", inbox.Type, kit.AttributeStage.ValueSet(inbox.StageRouted))

	want := map[string]string{
		views.NamePastDue:    "late late-plan",
		"attention":          "called stuck stuck-plan",
		"compensation-stuck": "stuck stuck-plan",
		views.NameUnrouted:   "unrouted",
		"arriving":           "soon-no-plan soon-uncleared soon-unpaid",
		views.NameClearance:  "soon-uncleared",
		views.NameHeld:       "late-held",
	}
	require.Len(t, views.Names(), len(want))
	for name, ids := range want {
		view, err := views.Named(name)
		require.NoError(t, err)
		assert.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.ElementsMatch(c, strings.Fields(ids), found(t, connection, view.Query(now)))
		},
			20*time.Second, 200*time.Millisecond, "%s: %s", name, view.Query(now))
	}

	require.NoError(t, connection.TerminateWorkflow(t.Context(), "late", "", "test"))
	assert.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, []string{"late"}, found(t, connection, views.Abnormal())) }, 20*time.Second, 200*time.Millisecond)
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, []string{"late-plan"}, found(t, connection, views.PastDue(now)))
	}, 20*time.Second, 200*time.Millisecond)
}

func found(t *testing.T, connection client.Client, query string) []string {
	t.Helper()
	answer, err := connection.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
	require.NoError(t, err, query)
	var ids []string
	for _, info := range answer.GetExecutions() {
		ids = append(ids, info.GetExecution().GetWorkflowId())
	}
	return ids
}

func TestLinks(t *testing.T) {
	ui := views.UI{Base: "http://127.0.0.1:8233", Namespace: "guest-journeys"}
	assert.Equal(t, "http://127.0.0.1:8233/namespaces/guest-journeys/workflows?query=Stage+%3D+%27offer%27+AND+ArrivalAt+%3C+%272027-03-01T09%3A00%3A00Z%27",
		ui.List("Stage = 'offer' AND ArrivalAt < '2027-03-01T09:00:00Z'"))
	assert.Equal(t, "http://127.0.0.1:8233/namespaces/guest-journeys/workflows/journey%2F01k3", ui.Workflow("journey/01k3", ""))
	assert.Equal(t, "http://127.0.0.1:8233/namespaces/guest-journeys/workflows/journey%2F01k3/r1/history", ui.Workflow("journey/01k3", "r1"))
	assert.Equal(t, "http://127.0.0.1:8233/namespaces/guest-journeys/workflows/start-workflow?taskQueue=journeys&workflowType=GuestJourney", ui.Start("journeys", "GuestJourney"))
}

func TestAnUnknownViewNamesTheKnown(t *testing.T) {
	_, err := views.Named("late")
	require.EqualError(t, err, `no view "late"; there are past-due, attention, compensation-stuck, unrouted, arriving, awaiting-clearance, held`)
}

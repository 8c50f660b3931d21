package workflows_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	vault "guestjourney/activities/rotation"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/health"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/rotation"
	"guestjourney/workflows/session"
	"guestjourney/workflows/worldtest"
)

// documented is the file that holds the table of what each type offers.
const documented = "../README.md"

// The table that operators read is what the handlers say of themselves.
func TestTheTableSaysWhatEachTypeOffers(t *testing.T) {
	data, err := os.ReadFile(documented)
	require.NoError(t, err)
	for _, offering := range []struct {
		workflowType, id, shown string
		input                   any
	}{
		{journey.Type, "journey/O1", "journey/<id>", journey.Input{Program: "retreat-7d", Lead: directory.Lead{Email: "ana@example.com"}}},
		{payment.Type, "pay/O1", "pay/<id>", payment.Input{
			GuestRef: "g-1", Customer: payment.Customer{Email: "ana@example.com"}, Label: "Stay", Deposit: payments.Money{Minor: 1, Currency: "USD"},
		}},
		{appointment.Type, "appt/O1", "appt/<id>", appointment.Input{
			GuestRef: "g-1", CalendarID: "house@example.com", Title: "R", Local: "2027-03-03T09:00:00", Zone: "America/Mexico_City",
			Duration: options.Duration(time.Hour), Contact: appointment.Contact{Email: "ana@example.com"},
		}},
		{profile.Type, "guest/O1", "guest/<id>", profile.Input{GuestRef: "O1"}},
		{profile.ClaimType, "claim/phone/O1", "claim/…", profile.ClaimInput{Kind: profile.KindPhone}},
		{inbox.Type, "inbound/stripe/" + eventKey, "inbound/<provider>/<event>", inbox.Input{
			Provider: "stripe", Type: "charge.refunded", Event: eventKey, Target: "pay/O1", Signal: kit.SignalPayment,
			Fact: kit.Fact{ID: "evt_1"}, ReceivedAt: noon,
		}},
		{health.Type, health.ID, health.ID, health.Input{}},
		{rotation.Type, "rotation/stripe_api_key", "rotation/<secret>", rotation.Input{Secret: "stripe_api_key"}},
		{session.Type, "session/O1", "session/<id>", session.Input{
			GuestRef: "g-1", Device: "d-1", Room: "3", LatestEnd: noon.Add(8 * time.Hour),
			Protocol: session.Protocol{Code: "P", SignedBy: "dr-x", SignedAt: noon}, Clearance: session.Clearance{Ref: "c-1", ValidUntil: noon.Add(time.Hour)},
		}},
	} {
		row := offers(t, offering.workflowType, offering.id, offering.shown, offering.input)
		assert.Contains(t, string(data), row, "the row should be\n%s", row)
		assertTakes(t, offering.workflowType, offering.id, row)
	}
}

// noon is when every environment begins.
var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

const eventKey = "0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e"

// assertTakes holds what an event may be routed to against what is read there.
func assertTakes(t *testing.T, workflowType, id, row string) {
	t.Helper()
	if slices.Contains([]string{inbox.Type, health.Type, rotation.Type, session.Type}, workflowType) {
		return // no event is routed to these
	}
	for _, signal := range []string{
		kit.SignalPayment, kit.SignalMessageIn, kit.SignalMessageStatus, kit.SignalEmail, kit.SignalContact, kit.SignalGuest,
		kit.SignalCall,
	} {
		assert.Equal(t, strings.Contains(row, "`"+signal+"`"), inbox.Takes(id, signal) == nil, "%s and %s", id, signal)
	}
}

// offers is one row of the table, as a running workflow describes itself.
func offers(t *testing.T, workflowType, id, shown string, input any) string {
	t.Helper()
	var metadata sdkpb.WorkflowMetadata
	stay := worldtest.NewAlone(t, id)
	stay.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(&temporal.UnknownExternalWorkflowExecutionError{}).Maybe() // there is nobody else
	stay.RegisterActivityWithOptions(func(context.Context, vault.Secret) (vault.Plan, error) {
		return vault.Plan{By: vault.ByPerson}, nil
	}, activity.RegisterOptions{Name: vault.Prefix + "Plan"})
	stay.After(time.Second, func() {
		value, err := stay.QueryWorkflowByID(id, "__temporal_workflow_metadata")
		require.NoError(t, err)
		require.NoError(t, value.Get(&metadata))
		require.NoError(t, stay.SignalWorkflowByID(id, kit.SignalContinueAsNew, kit.Empty{}))
	})
	stay.ExecuteWorkflow(workflowType, input)
	definition := metadata.GetDefinition()
	return fmt.Sprintf("| `%s` | `%s` | %s | %s | %s |", workflowType, shown,
		offered(t, definition.GetUpdateDefinitions(), profile.UpdateBind, profile.UpdateJourneyOpened),
		offered(t, definition.GetQueryDefinitions()),
		offered(t, definition.GetSignalDefinitions(), kit.SignalContinueAsNew))
}

// offered lists what is offered to operators; every one must be described.
func offered(t *testing.T, definitions []*sdkpb.WorkflowInteractionDefinition, internal ...string) string {
	t.Helper()
	var list []string
	for _, definition := range definitions {
		if strings.HasPrefix(definition.GetName(), "__") || slices.Contains(internal, definition.GetName()) {
			continue
		}
		assert.NotEmpty(t, definition.GetDescription(), definition.GetName())
		list = append(list, "`"+definition.GetName()+"`")
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

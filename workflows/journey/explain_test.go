package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

func explain(t *testing.T, stay *worldtest.Stay) journey.Explanation {
	t.Helper()
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, journey.QueryExplain)
	require.NoError(t, err)
	var answer journey.Explanation
	require.NoError(t, value.Get(&answer))
	return answer
}

// For every stage: why the guest is not moving, and what would help.
func TestExplainSaysWhatIsInTheWay(t *testing.T) {
	for stage, want := range map[string]struct {
		reasons []string
		help    string // among the first one's
		asks    string // who is asked next begins with this; empty means nobody
	}{
		journey.StageCaptured:   {[]string{"step claim is parked: world claim: Permanent"}, "retry_step claim", ""},
		journey.StageConversing: {[]string{"the guest has not said when to come"}, "the guest fills in the intake form", ""},
		journey.StageScreening:  {[]string{"the health questionnaire is not complete"}, "the guest sends the questionnaire", ""},
		journey.StageClearance:  {[]string{"there is no clearance that is valid through departure"}, "approve_clearance by a clinician", "clearance review 1.1"},
		journey.StageOffer: {[]string{"the guest has not accepted the cancellation policy", "the guest has not accepted the offer"},
			"override_stage in spite of policy", ""},
		journey.StageWaitlisted: {[]string{"no place is free"}, "override_stage to offer, when one is", ""},
		journey.StageDeposit:    {[]string{"the deposit has not been captured"}, "the guest pays on the payment page", "deposit"},
		journey.StageBooked:     {[]string{"the calendar has not confirmed the place"}, "reschedule", "confirmation 1"},
		journey.StagePreArrival: {[]string{"the balance is not paid"}, "cancel", "clearance check 336h0m0s"},
		journey.StageInProgram:  {[]string{"nobody has seen the guest"}, "mark_attendance", ""},
		journey.StageAftercare:  {nil, "", ""},
		journey.StageCancelling: {[]string{"the place is not given back"}, "timeline and retry_step at appt/J1", "place settled 1"},
		journey.StageDeclined:   {[]string{"the place is not given back"}, "timeline and retry_step at appt/J1", "place settled 1"},
	} {
		t.Run(stage, func(t *testing.T) {
			visiting(t, at(t, stage), func(stay *worldtest.Stay) {
				answer := explain(t, stay)
				assert.Equal(t, stage, answer.Stage)
				assert.NotEmpty(t, answer.WaitsFor)
				var reasons []string
				for _, block := range answer.Blocked {
					reasons = append(reasons, block.Reason)
					assert.NotEmpty(t, block.Unblock)
				}
				assert.Equal(t, want.reasons, reasons)
				if want.help != "" {
					assert.Contains(t, answer.Blocked[0].Unblock, want.help)
				}
				if want.asks == "" {
					assert.Nil(t, answer.Escalates)
					return
				}
				require.NotNil(t, answer.Escalates)
				assert.Truef(t, strings.HasPrefix(answer.Escalates.What, want.asks), "%s", answer.Escalates.What)
				assert.True(t, answer.Escalates.At.After(stay.Now()))
			})
		})
	}
}

func TestExplainKnowsHoldsAndOutages(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.World.Fail("claim", failure.NotProcessed, 9)
	stay.After(6*time.Minute, func() {
		answer := explain(t, stay)
		require.Len(t, answer.Blocked, 1)
		assert.Contains(t, answer.Blocked[0].Reason, "step claim is retrying")
		assert.Equal(t, "retry_step claim", answer.Blocked[0].Unblock[0])
		assert.Contains(t, answer.Blocked[0].Unblock[1], "nothing: it is tried again at 2027-03-01T12:")
		require.NotNil(t, answer.Escalates)
		assert.Equal(t, "attention: step claim still fails", answer.Escalates.What)
		require.Len(t, answer.Next, 2)
		assert.Equal(t, "captured", answer.Next[0].Name)
		assert.Equal(t, "retry claim", answer.Next[1].Name)
	})
	stay.After(2*time.Hour, func() {
		stay.Command(worldtest.JourneyID, kit.UpdateHold, kit.Hold{Envelope: worldtest.As("operator"), Until: stay.Now().Add(day)}, nil)
	})
	stay.After(3*time.Hour, func() {
		answer := explain(t, stay)
		assert.Equal(t, "held", answer.Control)
		assert.Equal(t, []string{"release"}, answer.Blocked[0].Unblock)
		assert.Equal(t, "attention: the hold was asked for until then", answer.Escalates.What)
		stay.Command(worldtest.JourneyID, kit.UpdateRelease, kit.Release{Envelope: worldtest.As("operator")}, nil)
	})
	_, err := stay.Run()
	require.NoError(t, err)
}

func TestTheDetailsAreATableOfCodes(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		for range 6 {
			stay.Try(journey.UpdateNote, journey.AddNote{
				Envelope: kit.Envelope{Actor: "a|b", Role: "operator", Reason: "secret reason"}, Text: "secret text",
			}, func(kit.Outcome, error) {})
		}
		stay.After(time.Minute, func() {
			details := details(t, stay)
			for _, row := range []string{
				"| Stage | deposit_pending |", "| Since | 2027-03-01T16:00:00Z |", "| Blocked by | deposit |",
				"| Next | deposit at 2027-03-07T16:00:00Z", "| Money | pending: 0 captured, 0 refunded (minor units, USD) |",
				"| Command 1 | note by a/b at 2027-03-01T16:30:00Z: done |", "| Command 5 | note by a/b",
			} {
				assert.Contains(t, details, row)
			}
			assert.NotContains(t, details, "Command 6")
			for _, word := range []string{"secret", "Ana", "Luz", "ana@example.com", "5512345678"} {
				assert.NotContains(t, details, word)
			}
		})
	})
}

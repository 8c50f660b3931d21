package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

func approval() journey.ApproveClearance {
	return journey.ApproveClearance{Envelope: worldtest.As("clinician"), Decision: "cleared", ValidUntil: departure, EvidenceRef: "Task/1"}
}

func revocation() journey.RevokeClearance {
	return journey.RevokeClearance{Envelope: worldtest.As("clinician"), ReasonCode: "c-7"}
}

func TestAnApprovalSaysWhatIsWrongWithIt(t *testing.T) {
	with := func(change func(*journey.ApproveClearance)) journey.ApproveClearance {
		input := approval()
		change(&input)
		return input
	}
	visiting(t, at(t, journey.StageClearance), func(stay *worldtest.Stay) {
		for words, input := range map[string]journey.ApproveClearance{
			"role: this command needs clinician":     with(func(c *journey.ApproveClearance) { c.Role = "manager" }),
			`decision: want "cleared"`:               with(func(c *journey.ApproveClearance) { c.Decision = "maybe" }),
			"conditions: missing":                    with(func(c *journey.ApproveClearance) { c.Decision = "conditional" }),
			"conditions: only":                       with(func(c *journey.ApproveClearance) { c.Conditions = "rest" }),
			"validUntil: the guest departs at 2027-": with(func(c *journey.ApproveClearance) { c.ValidUntil = departure.Add(-time.Second) }),
			"evidenceRef: want a code":               with(func(c *journey.ApproveClearance) { c.EvidenceRef = "" }),
			"evidenceRef: it looks like an address":  with(func(c *journey.ApproveClearance) { c.EvidenceRef = "5512345678" }),
		} {
			stay.Refused(journey.UpdateApproveClearance, input, words)
		}
		stay.Command(worldtest.JourneyID, journey.UpdateAssign, journey.Assign{Envelope: worldtest.As("operator"), Owner: "the-clinician"}, nil)
		stay.After(time.Minute, func() {
			stay.Refused(journey.UpdateApproveClearance, approval(), "actor: whoever looks after the guest")
			assert.Equal(t, journey.StageClearance, status(t, stay).Stage)
		})
	})
}

func TestAConditionalClearanceLeadsToTheOffer(t *testing.T) {
	visiting(t, at(t, journey.StageClearance), func(stay *worldtest.Stay) {
		input := approval()
		input.Decision, input.Conditions = "conditional", "no sauna"
		stay.Command(worldtest.JourneyID, journey.UpdateApproveClearance, input, nil)
		stay.After(time.Minute, func() {
			view := status(t, stay)
			assert.Equal(t, journey.StageOffer, view.Stage)
			assert.Equal(t, "conditional", view.Clearance.State)
			assert.Equal(t, "no sauna", view.Clearance.Conditions)
			assert.Equal(t, "the-clinician", view.Clearance.By)
		})
	})
}

func TestAQuestionOfTheClinicianStartsTheReviewAgain(t *testing.T) {
	visiting(t, at(t, journey.StageClearance), func(stay *worldtest.Stay) {
		before := stay.World.Count("email")
		stay.Refused(journey.UpdateRequestInfo, journey.RequestInfo{Envelope: worldtest.As("clinician")}, "what: want a code")
		stay.Refused(journey.UpdateRequestInfo, journey.RequestInfo{Envelope: worldtest.As("operator"), What: "q-2"}, "needs clinician")
		stay.Command(worldtest.JourneyID, journey.UpdateRequestInfo, journey.RequestInfo{Envelope: worldtest.As("clinician"), What: "q-2"}, nil)
		stay.After(time.Hour, func() {
			view := status(t, stay)
			assert.Equal(t, "info_requested", view.Clearance.State)
			assert.Equal(t, "q-2", view.Clearance.Wanted)
			assert.Equal(t, before+1, stay.World.Count("email"))
			stay.Refused(journey.UpdateRequestInfo, journey.RequestInfo{Envelope: worldtest.As("clinician"), What: "q-3"}, "nothing is under review")
			stay.HealthForm("2")
		})
		stay.After(2*time.Hour, func() {
			assert.Equal(t, "in_review", status(t, stay).Clearance.State)
			stay.Command(worldtest.JourneyID, journey.UpdateApproveClearance, approval(), nil)
		})
		stay.After(3*time.Hour, func() { assert.Equal(t, journey.StageOffer, status(t, stay).Stage) })
	})
}

func TestADeclinedGuestHearsNoReason(t *testing.T) {
	decline := journey.DeclineClearance{Envelope: worldtest.As("clinician"), ReasonCode: "c-7"}
	for _, stage := range []string{journey.StageScreening, journey.StageClearance, journey.StageOffer, journey.StageWaitlisted} {
		t.Run(stage, func(t *testing.T) {
			var mails *[]string
			result := visiting(t, at(t, stage), func(stay *worldtest.Stay) {
				mails = &stay.World.Mails
				stay.Command(worldtest.JourneyID, journey.UpdateDeclineClearance, decline, nil)
				stay.After(time.Hour, func() { assert.Empty(t, stay.World.Places) })
			})
			assert.Equal(t, "medically_declined", result.Stage)
			tellsNothing(t, (*mails)[len(*mails)-1])
		})
	}
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateDeclineClearance, decline, "use revoke_clearance")
	})
	visiting(t, at(t, journey.StageConversing), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateDeclineClearance, decline, "nobody has asked for a clearance")
	})
}

// tellsNothing: a message lets nobody guess that health is the reason.
func tellsNothing(t *testing.T, message string) {
	t.Helper()
	for _, word := range []string{"medic", "health", "clear", "doctor", "clinic", "declin", "c-7"} {
		assert.NotContains(t, strings.ToLower(message), word)
	}
}

func TestARevokedClearanceGivesEverythingBack(t *testing.T) {
	for name, test := range map[string]struct {
		refund, approvedBy string
		refunded           int64
	}{
		"in full":                  {"", "", 50000},
		"by policy, of two people": {"policy", "second", 0},
	} {
		t.Run(name, func(t *testing.T) {
			visit := at(t, journey.StagePreArrival)
			visit.at = 50 * day // 42 days before arrival: the policy gives no deposit back
			var mails *[]string
			result := visiting(t, visit, func(stay *worldtest.Stay) {
				mails = &stay.World.Mails
				input := revocation()
				input.Refund, input.ApprovedBy = test.refund, test.approvedBy
				stay.Command(worldtest.JourneyID, journey.UpdateRevokeClearance, input, func(outcome kit.Outcome) {
					assert.Equal(t, "pending", outcome.Status)
				})
			})
			assert.Equal(t, "cancelled", result.Stage)
			assert.Equal(t, "by property", result.Reason)
			assert.Equal(t, test.refunded, result.RefundedMinor)
			tellsNothing(t, (*mails)[len(*mails)-1])
		})
	}
}

func TestARevocationBeforeAnythingIsAgreedEndsTheJourney(t *testing.T) {
	result := visiting(t, at(t, journey.StageOffer), func(stay *worldtest.Stay) {
		stay.Command(worldtest.JourneyID, journey.UpdateRevokeClearance, revocation(), nil)
	})
	assert.Equal(t, "medically_declined", result.Stage)
}

func TestARevocationSaysWhatIsWrongWithIt(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		for words, change := range map[string]func(*journey.RevokeClearance){
			"approvedBy: name a second person": func(c *journey.RevokeClearance) { c.Refund = "policy" },
			"name a second person":             func(c *journey.RevokeClearance) { c.Refund, c.ApprovedBy = "policy", c.Actor },
			`refund: want "full" or "policy"`:  func(c *journey.RevokeClearance) { c.Refund = "none" },
			"reasonCode: want a code":          func(c *journey.RevokeClearance) { c.ReasonCode = "it is a long story" },
			"needs clinician":                  func(c *journey.RevokeClearance) { c.Role = "manager" },
		} {
			input := revocation()
			change(&input)
			stay.Refused(journey.UpdateRevokeClearance, input, words)
		}
	})
	visiting(t, at(t, journey.StageClearance), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateRevokeClearance, revocation(), "no clearance has been granted")
	})
	visiting(t, at(t, journey.StageAftercare), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateRevokeClearance, revocation(), "the stay is over")
	})
}

func TestAClearanceIsRenewed(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	medically(stay, journey.StagePreArrival)
	stay.After(6*time.Hour, func() {
		require.Empty(t, status(t, stay).Attention)
		renewed := approval()
		renewed.ValidUntil = departure.Add(30 * day)
		stay.Command(worldtest.JourneyID, journey.UpdateApproveClearance, renewed, nil)
	})
	stay.After(7*time.Hour, func() { assert.Equal(t, departure.Add(30*day), status(t, stay).Clearance.Until) })
	result, err := stay.Run()
	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

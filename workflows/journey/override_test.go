package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

func jump(role, from, to string, ack ...string) journey.OverrideStage {
	return journey.OverrideStage{Envelope: worldtest.As(role), From: from, To: to, Ack: ack, ApprovedBy: "second"}
}

func TestAJumpNamesEveryGuardThatItBreaks(t *testing.T) {
	visiting(t, at(t, journey.StageOffer), func(stay *worldtest.Stay) {
		for _, ack := range [][]string{nil, {"policy"}, {"policy", "offer_accepted", "deposit", "balance"}} {
			stay.Refused(journey.UpdateOverrideStage, jump("manager", "offer", "booked", ack...),
				"ack: list exactly what this breaks: policy (the guest has not accepted the cancellation policy); offer_accepted (the guest has not accepted the offer); deposit (the deposit has not been captured)")
		}
		stay.Refused(journey.UpdateOverrideStage, jump("manager", "offer", "waitlisted", "policy"), "ack: this breaks no guard")
	})
}

func TestAJumpSaysWhatIsWrongWithIt(t *testing.T) {
	visiting(t, at(t, journey.StageScreening), func(stay *worldtest.Stay) {
		alone := jump("clinician", "screening", "clearance_review", "health_form")
		alone.ApprovedBy = alone.Actor
		for words, input := range map[string]journey.OverrideStage{
			"from: the journey is in screening":                jump("manager", "offer", "booked"),
			"to: the journey is there already":                 jump("manager", "screening", "screening"),
			`to: "completed" is no working stage`:              jump("manager", "screening", "completed"),
			`to: "captured" is no working stage`:               jump("manager", "screening", "captured"),
			`to: "sauna" is no working stage`:                  jump("manager", "screening", "sauna"),
			"to: only an offer that nobody has paid for":       jump("manager", "screening", "waitlisted"),
			"to: place cannot be overridden: no place is held": jump("clinician", "screening", "deposit_pending", "health_form", "clearance", "place", "policy", "offer_accepted"),
			"role: this jump needs a clinician":                jump("manager", "screening", "clearance_review", "health_form"),
			"role: this command needs manager or clinician":    jump("operator", "screening", "clearance_review", "health_form"),
			"approvedBy: name a second person":                 alone,
		} {
			stay.Refused(journey.UpdateOverrideStage, input, words)
		}
	})
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateOverrideStage, jump("clinician", "deposit_pending", "booked", "deposit"), "role: this jump needs a manager")
		stay.Refused(journey.UpdateOverrideStage, jump("manager", "deposit_pending", "waitlisted"), "to: only an offer")
	})
	visiting(t, at(t, journey.StageWaitlisted), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateOverrideStage, jump("manager", "waitlisted", "booked", "deposit"), "to: from the waiting list only offer")
	})
}

func TestAJumpWaivesItsGuardsAndIsRemembered(t *testing.T) {
	visiting(t, at(t, journey.StageClearance), func(stay *worldtest.Stay) {
		stay.Command(worldtest.JourneyID, journey.UpdateOverrideStage, jump("clinician", "clearance_review", "offer", "clearance"), nil)
		stay.After(time.Minute, func() {
			view := status(t, stay)
			assert.Equal(t, journey.StageOffer, view.Stage)
			assert.Equal(t, []string{"override"}, view.Attention)
			assert.Equal(t, "done", view.Commands[len(view.Commands)-1].Status)
			assert.Contains(t, texts(t, stay), "from clearance_review to offer by the-clinician and second, in spite of: clearance; a test")
			stay.Accept()
		})
		stay.After(time.Hour, func() { stay.Pay("deposit") })
		// The next stage asks again.
		stay.After(2*time.Hour, func() {
			view := status(t, stay)
			assert.Equal(t, journey.StageDeposit, view.Stage)
			assert.Contains(t, view.Attention, "blocked:clearance")
			stay.Clear(departure)
		})
		stay.After(3*time.Hour, func() { assert.Equal(t, journey.StagePreArrival, status(t, stay).Stage) })
	})
}

func texts(t *testing.T, stay *worldtest.Stay) []string {
	t.Helper()
	value, err := stay.QueryWorkflowByID(worldtest.JourneyID, kit.QueryTimeline)
	assert.NoError(t, err)
	var lines []kit.Line
	assert.NoError(t, value.Get(&lines))
	var list []string
	for _, line := range lines {
		list = append(list, line.Text)
	}
	return list
}

func TestAGuestComesBackFromTheWaitingListToANewPlace(t *testing.T) {
	visiting(t, at(t, journey.StageWaitlisted), func(stay *worldtest.Stay) {
		assert.Empty(t, stay.World.Places)
		stay.Command(worldtest.JourneyID, journey.UpdateOverrideStage, jump("manager", "waitlisted", "offer"), nil)
		stay.After(time.Hour, func() {
			assert.Len(t, stay.World.Places, 1)
			assert.Equal(t, "appt/J1-2", status(t, stay).Session.ID)
			stay.Accept()
		})
		stay.After(2*time.Hour, func() { stay.Pay("deposit") })
		stay.After(3*time.Hour, func() { assert.Equal(t, journey.StagePreArrival, status(t, stay).Stage) })
	})
}

func TestAPlaceThatIsLostIsHeldAnewByAJumpBackToTheOffer(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		stay.Command("appt/J1", kit.UpdateCancel, kit.Cancel{Envelope: worldtest.Operator("room flooded"), By: "property"}, nil)
		stay.After(time.Minute, func() {
			assert.Contains(t, status(t, stay).Attention, "place_lost")
			stay.Command(worldtest.JourneyID, journey.UpdateOverrideStage, jump("manager", "pre_arrival", "offer"), nil)
		})
		stay.After(time.Hour, func() { stay.Guest("answer-2", journey.GuestAnswer, map[string]string{"answer": "accepted"}) })
		stay.After(2*time.Hour, func() {
			view := status(t, stay)
			assert.Equal(t, journey.StagePreArrival, view.Stage, "the deposit is in already")
			assert.Equal(t, "confirmed", view.Session.State)
		})
	})
}

func TestAJumpBackSaysNothingTwice(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		before := stay.World.Count("email") + stay.World.Count("sms")
		stay.Command(worldtest.JourneyID, journey.UpdateOverrideStage, jump("manager", "deposit_pending", "screening"), nil)
		stay.After(time.Hour, func() {
			view := status(t, stay)
			assert.Equal(t, journey.StageDeposit, view.Stage, "everything that was missing is there")
			assert.Equal(t, []string{"override"}, view.Attention)
			assert.Equal(t, before, stay.World.Count("email")+stay.World.Count("sms"))
			assert.Len(t, stay.World.Places, 1)
		})
	})
}

func TestAJumpOverTheBookingStillConfirmsThePlace(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		stay.Command(worldtest.JourneyID, journey.UpdateOverrideStage, jump("manager", "deposit_pending", "pre_arrival", "deposit", "confirmed"), nil)
		stay.After(time.Hour, func() {
			view := status(t, stay)
			assert.Equal(t, journey.StagePreArrival, view.Stage)
			assert.Equal(t, "confirmed", view.Session.State)
		})
	})
}

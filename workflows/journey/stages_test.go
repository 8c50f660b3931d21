package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

const arrival = "2027-06-01T15:00:00" // 21:00 UTC

var departure = time.Date(2027, 6, 8, 21, 0, 0, 0, time.UTC)

// visit is how a journey comes to a stage and waits there.
type visit struct {
	stage string
	at    time.Duration // after the start
	play  func(stay *worldtest.Stay)
}

// visits lists every stage in which a journey can be found waiting.
func visits() []visit {
	upTo := func(stage string) func(*worldtest.Stay) {
		return func(stay *worldtest.Stay) { medically(stay, stage) }
	}
	return []visit{
		{journey.StageCaptured, 30 * time.Minute, func(stay *worldtest.Stay) {
			stay.World.Fail("claim", failure.Permanent, 1)
			stay.After(50*time.Minute, func() { retry(stay, worldtest.JourneyID, "claim") })
		}},
		{journey.StageConversing, 30 * time.Minute, upTo(journey.StageConversing)},
		{journey.StageScreening, 90 * time.Minute, upTo(journey.StageScreening)},
		{journey.StageClearance, 150 * time.Minute, upTo(journey.StageClearance)},
		{journey.StageOffer, 210 * time.Minute, upTo(journey.StageOffer)},
		{journey.StageWaitlisted, 230 * time.Minute, func(stay *worldtest.Stay) {
			medically(stay, journey.StageOffer)
			stay.After(210*time.Minute, func() { stay.Command(worldtest.JourneyID, journey.UpdateOverrideStage, waitlist(), nil) })
		}},
		{journey.StageDeposit, 270 * time.Minute, upTo(journey.StageDeposit)},
		{journey.StageBooked, 330 * time.Minute, func(stay *worldtest.Stay) {
			stay.World.Fail("change", failure.Permanent, 1)
			medically(stay, journey.StagePreArrival)
			stay.After(7*time.Hour, func() { retry(stay, "appt/J1", "calendar.confirm.rev-1") })
		}},
		{journey.StagePreArrival, 330 * time.Minute, upTo(journey.StagePreArrival)},
		{journey.StageInProgram, 93 * day, upTo(journey.StagePreArrival)},
		{journey.StageAftercare, 101 * day, upTo(journey.StagePreArrival)},
		{journey.StageCancelling, 7 * time.Hour, func(stay *worldtest.Stay) {
			stay.World.Fail("release", failure.Permanent, 1)
			medically(stay, journey.StagePreArrival)
			stay.After(6*time.Hour, func() { stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil) })
			stay.After(8*time.Hour, func() { retry(stay, "appt/J1", "calendar.release") })
		}},
		{journey.StageDeclined, 230 * time.Minute, func(stay *worldtest.Stay) {
			stay.World.Fail("release", failure.Permanent, 1)
			medically(stay, journey.StageOffer)
			stay.After(210*time.Minute, func() {
				stay.Command(worldtest.JourneyID, journey.UpdateDeclineClearance, journey.DeclineClearance{Envelope: worldtest.As("clinician"), ReasonCode: "c-1"}, nil)
			})
			stay.After(8*time.Hour, func() { retry(stay, "appt/J1", "calendar.release") })
		}},
	}
}

// medically plays a guest who does what leads to a stage, and nothing further.
func medically(stay *worldtest.Stay, stage string) {
	for _, step := range []struct {
		from string
		at   time.Duration
		do   func()
	}{
		{journey.StageConversing, time.Hour, func() { stay.Intake(arrival) }},
		{journey.StageScreening, 2 * time.Hour, func() { stay.HealthForm("1") }},
		{journey.StageClearance, 3 * time.Hour, func() { stay.Clear(departure) }},
		{journey.StageOffer, 4 * time.Hour, stay.Accept},
		{journey.StageDeposit, 5 * time.Hour, func() { stay.Pay("deposit") }},
	} {
		if step.from == stage {
			return
		}
		stay.After(step.at, step.do)
	}
}

// visiting plays a journey to a stage, looks, and lets it end.
func visiting(t *testing.T, to visit, look func(stay *worldtest.Stay)) journey.Result {
	t.Helper()
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.OnSignalExternalWorkflow(mock.Anything, "journey/J2", mock.Anything, mock.Anything, mock.Anything).Return(nil).Maybe()
	stay.OnSignalExternalWorkflow(mock.Anything, "journey/J3", mock.Anything, mock.Anything, mock.Anything).Return(errNoSuchJourney).Maybe()
	to.play(stay)
	looked := false
	stay.After(to.at, func() {
		require.Equal(t, to.stage, status(t, stay).Stage)
		looked = true
		look(stay)
	})
	stay.After(to.at+day, stay.CancelWorkflow)
	result, err := stay.Run()
	require.NoError(t, err)
	require.True(t, looked, "the journey never came to %s", to.stage)
	return result
}

// at returns the visit to a stage.
func at(t *testing.T, stage string) visit {
	t.Helper()
	for _, visit := range visits() {
		if visit.stage == stage {
			return visit
		}
	}
	t.Fatalf("no visit to %s", stage)
	return visit{}
}

// retry ends the failure that kept a journey in a stage, unless the command
// under test has done so: then nothing is left to try, or the workflow is over.
func retry(stay *worldtest.Stay, workflowID, step string) {
	ignore := &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(error) {}, OnComplete: func(any, error) {}}
	_ = stay.UpdateWorkflowByID(workflowID, kit.UpdateRetryStep, "retry "+step, ignore, kit.StepCommand{Envelope: worldtest.Operator("repaired"), Step: step})
}

func waitlist() journey.OverrideStage {
	return journey.OverrideStage{
		Envelope: worldtest.As("manager"), From: journey.StageOffer, To: journey.StageWaitlisted, ApprovedBy: "second",
	}
}

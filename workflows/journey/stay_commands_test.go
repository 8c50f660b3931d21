package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/worldtest"
)

func mark(mark string) journey.MarkAttendance {
	return journey.MarkAttendance{Envelope: worldtest.As("operator"), Mark: mark, Source: "front_desk"}
}

type inHouseStay struct {
	*worldtest.Stay
	over bool
}

// inHouse plays a stay; the guest should be here at 92 days and 9 hours.
func inHouse(t *testing.T, marks map[time.Duration]string) (inHouseStay, journey.Result) {
	t.Helper()
	stay := inHouseStay{Stay: worldtest.NewStay(t, worldtest.Medical())}
	medically(stay.Stay, journey.StagePreArrival)
	for after, what := range marks {
		stay.After(92*day+9*time.Hour+after, func() {
			stay.Command(worldtest.JourneyID, journey.UpdateMarkAttendance, mark(what), nil)
		})
	}
	stay.After(102*day, func() { stay.over = stay.World.Count("deal:completed") == 1 })
	stay.After(92*day+16*time.Hour, func() {
		_, marked := marks[time.Hour]
		assert.Equal(t, !marked, contains(status(t, stay.Stay).Attention, "not_checked_in"))
		for _, deadline := range status(t, stay.Stay).NextDeadlines {
			assert.True(t, deadline.At.After(stay.Now()), "%s is past due", deadline.Name)
		}
	})
	result, err := stay.Run()
	require.NoError(t, err)
	return stay, result
}

func contains(list []string, item string) bool {
	for _, known := range list {
		if known == item {
			return true
		}
	}
	return false
}

func TestAttendance(t *testing.T) {
	for name, test := range map[string]struct {
		marks map[time.Duration]string
		stage string
		early bool // over on the day on which the last check-in of a whole stay is still to come
	}{
		"seen":                {map[time.Duration]string{time.Hour: "attended"}, "completed", false},
		"seen after the call": {map[time.Duration]string{10 * time.Hour: "late"}, "completed", false},
		"nobody said":         {nil, "completed", false},
		"no-show":             {map[time.Duration]string{time.Hour: "no_show"}, "no_show", false},
		"no-show taken back":  {map[time.Duration]string{time.Hour: "no_show", 24 * time.Hour: "late"}, "completed", false},
		"a no-show after all": {map[time.Duration]string{time.Hour: "attended", 2 * time.Hour: "no_show"}, "no_show", false},
		"left early":          {map[time.Duration]string{time.Hour: "attended", 30 * time.Hour: "early_departure"}, "completed", true},
	} {
		t.Run(name, func(t *testing.T) {
			stay, result := inHouse(t, test.marks)
			assert.Equal(t, test.stage, result.Stage)
			assert.Equal(t, test.early, stay.over, "aftercare counts from the real departure")
		})
	}
}

func TestAttendanceSaysWhatIsWrongWithIt(t *testing.T) {
	visiting(t, at(t, journey.StagePreArrival), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateMarkAttendance, mark("attended"), "the guest has not arrived")
	})
	visiting(t, at(t, journey.StageInProgram), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateMarkAttendance, mark("asleep"), "mark: want")
		nowhere := mark("attended")
		nowhere.Source = ""
		stay.Refused(journey.UpdateMarkAttendance, nowhere, "source: want a code")
		stay.Command(worldtest.JourneyID, journey.UpdateMarkAttendance, mark("no_show"), nil)
		stay.After(time.Minute, func() {
			stay.Refused(journey.UpdateMarkAttendance, mark("no_show"), "it is no_show already")
			stay.Refused(journey.UpdateMarkAttendance, mark("early_departure"), "take it back first")
		})
	})
	visiting(t, at(t, journey.StageAftercare), func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateMarkAttendance, mark("attended"), "the stay is over")
	})
}

func TestANoShowIsFinalAfterItsGrace(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	medically(stay, journey.StagePreArrival)
	stay.After(92*day+10*time.Hour, func() { stay.Command(worldtest.JourneyID, journey.UpdateMarkAttendance, mark("no_show"), nil) })
	// The end waits for the plan's word, which a silent provider delays.
	stay.After(93*day+9*time.Hour, func() { assert.Equal(t, journey.StageInProgram, status(t, stay).Stage) })
	result, err := stay.Run()
	require.NoError(t, err)
	assert.Equal(t, "no_show", result.Stage)
	assert.Zero(t, result.RefundedMinor)
}

func extension(name string, at time.Time) journey.ExtendDeadline {
	return journey.ExtendDeadline{Envelope: worldtest.As("operator"), Deadline: name, NewAt: at}
}

func TestAnOfferIsExtendedAndItsPlaceIsKept(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	medically(stay, journey.StageOffer)
	stay.After(4*time.Hour, func() {
		stay.Command(worldtest.JourneyID, journey.UpdateExtendDeadline, extension("offer", stay.Now().Add(20*day)), nil)
	})
	// Offer, deposit and patience together had kept the place for 9 days.
	stay.After(19*day, func() {
		assert.Equal(t, journey.StageOffer, status(t, stay).Stage)
		assert.Len(t, stay.World.Places, 1)
		stay.Accept()
	})
	stay.After(20*day, func() { stay.Pay("deposit") })
	result, err := stay.Run()
	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestTheTimeForTheDepositIsExtendedInThePlanToo(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	medically(stay, journey.StageDeposit)
	stay.After(5*time.Hour, func() {
		stay.Command(worldtest.JourneyID, journey.UpdateExtendDeadline, extension("deposit", stay.Now().Add(12*day)), nil)
	})
	stay.After(6*time.Hour, func() {
		commands := status(t, stay).Commands
		assert.Equal(t, "done", commands[len(commands)-1].Status)
		assert.Contains(t, commands[len(commands)-1].Detail, "the guest may pay until 2027-03-13T")
	})
	stay.After(11*day, func() { stay.Pay("deposit") })
	result, err := stay.Run()
	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestAnExtensionSaysWhatIsWrongWithIt(t *testing.T) {
	visiting(t, at(t, journey.StageDeposit), func(stay *worldtest.Stay) {
		now := stay.Now()
		stay.Refused(journey.UpdateExtendDeadline, extension("sauna", now.Add(day)), `deadline: there is no "sauna"; these can be extended: deposit`)
		stay.Refused(journey.UpdateExtendDeadline, extension("deposit", now.Add(-day)), "newAt: it is past")
		stay.Refused(journey.UpdateExtendDeadline, extension("deposit", now.Add(day)), "newAt: it is 2027-03-04T16:00:00Z already")
		stay.Refused(journey.UpdateExtendDeadline, extension("deposit", now.Add(34*day)), "newAt: at most 30 days later")
		clinician := extension("deposit", now.Add(4*day))
		clinician.Role = "clinician"
		stay.Refused(journey.UpdateExtendDeadline, clinician, "role: this command needs operator or manager")
	})
	visit := at(t, journey.StagePreArrival)
	visit.at = 92 * day
	visiting(t, visit, func(stay *worldtest.Stay) {
		stay.Refused(journey.UpdateExtendDeadline, extension("arrival", departure), "no deadline can be extended")
	})
}

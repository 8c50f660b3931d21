package profile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/crm"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/worldtest"
)

func open(stay *worldtest.Stay, journey, program string) {
	request(stay, profile.UpdateJourneyOpened, profile.Opened{JourneyID: journey, ProgramCode: program, Phone: "+525512345678"})
}

func dates(stay *worldtest.Stay, id, journey, program, arrival, departure string) {
	stay.SignalWorkflow(profile.SignalJourneyDates, kit.Fact{
		ID: id, Provider: "GuestJourney", Object: journey,
		Data: map[string]string{"arrival": arrival, "departure": departure, "program": program},
	})
}

// told are the profile's facts, as "journey: type other".
func (s *signals) told() []string {
	var list []string
	for i, fact := range s.facts {
		if s.name[i] == profile.SignalProfile && fact.Data["journey"] != "" {
			list = append(list, fmt.Sprintf("%s: %s %s", s.to[i], fact.Type, fact.Data["journey"]))
		}
	}
	return list
}

func overview(t *testing.T, stay *worldtest.Stay) profile.Overview {
	t.Helper()
	value, err := stay.QueryWorkflow(kit.QueryStatus)
	require.NoError(t, err)
	var view profile.Overview
	require.NoError(t, value.Get(&view))
	return view
}

const (
	first, last  = "2027-06-01T15:00:00-06:00", "2027-06-08T15:00:00-06:00"
	during, past = "2027-06-05T15:00:00-06:00", "2027-06-12T15:00:00-06:00"
)

func TestTwoProgramsAtOnceNeedADecision(t *testing.T) {
	for name, test := range map[string]struct {
		program, arrival, departure string
		told, attention             []string
	}{
		"they meet": {
			"detox-7d", during, past,
			[]string{"journey/2: overlap journey/1", "journey/1: overlap journey/2"}, []string{"overlap"},
		},
		"one begins when the other ends":       {"detox-7d", last, past, nil, nil},
		"the same program on the same arrival": {"retreat-7d", first, last, []string{"journey/2: duplicate journey/1"}, []string{"duplicate"}},
		"the same program at another time":     {"retreat-7d", past, "2027-06-19T15:00:00-06:00", nil, nil},
		"the same program, meeting": {
			"retreat-7d", during, past,
			[]string{"journey/2: overlap journey/1", "journey/1: overlap journey/2"}, []string{"overlap"},
		},
		"dates that cannot be read": {"detox-7d", "tomorrow", past, nil, []string{"bad_dates"}},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, "guest/G1")
			sent := watch(stay, nil)
			stay.After(time.Minute, func() {
				open(stay, "journey/1", "retreat-7d")
				open(stay, "journey/2", test.program)
				dates(stay, "d1", "journey/1", "retreat-7d", first, last)
				dates(stay, "d2", "journey/2", test.program, test.arrival, test.departure)
				dates(stay, "d2", "journey/2", test.program, test.arrival, test.departure)
			})
			stay.After(time.Hour, func() { assert.Equal(t, test.attention, overview(t, stay).Attention) })
			end(stay, 2*time.Hour)
			stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})
			assert.Equal(t, test.told, sent.told())
		})
	}
}

func TestAnOverlapEndsWithNewDatesOrWithTheJourney(t *testing.T) {
	for name, over := range map[string]func(*worldtest.Stay){
		"new dates": func(stay *worldtest.Stay) {
			dates(stay, "d3", "journey/2", "detox-7d", past, "2027-06-19T15:00:00-06:00")
		},
		"it closes": func(stay *worldtest.Stay) {
			stay.SignalWorkflow(profile.SignalJourneyClosed, kit.Fact{ID: "c", Object: "journey/2"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewAlone(t, "guest/G1")
			sent := watch(stay, nil)
			stay.After(time.Minute, func() {
				open(stay, "journey/1", "retreat-7d")
				open(stay, "journey/2", "detox-7d")
				dates(stay, "d1", "journey/1", "retreat-7d", first, last)
				dates(stay, "d2", "journey/2", "detox-7d", during, past)
			})
			stay.After(time.Hour, func() { over(stay) })
			stay.After(2*time.Hour, func() { assert.Empty(t, overview(t, stay).Attention) })
			end(stay, 3*time.Hour)
			stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})
			assert.Contains(t, sent.told(), "journey/1: overlap_over journey/2")
		})
	}
}

func TestOneConfirmationHoweverOftenAGuestSaysStop(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	watch(stay, nil)
	for i, body := range []string{"Baja", "ALTO", "no more", "STOP please"} {
		stay.After(time.Duration(i+1)*time.Minute, func() { stay.SignalWorkflow(kit.SignalMessageIn, text(fmt.Sprint("SM", i), body)) })
	}
	stay.After(time.Hour, func() {
		assert.Equal(t, 1, stay.World.Count("sms"), "one confirmation")
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM8", "AYUDA"))
	})
	stay.After(2*time.Hour, func() {
		assert.Equal(t, 2, stay.World.Count("sms"), "help is answered on a closed channel, too")
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM9", "alta"))
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM10", "cancelar"))
	})
	end(stay, 3*time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1", Phone: "+525512345678"})
	assert.Equal(t, 4, stay.World.Count("sms"), "a new stop is confirmed anew")
}

func TestStartReopensOnlyItsOwnChannel(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	sent := watch(stay, nil)
	stay.After(time.Minute, func() {
		open(stay, "journey/1", "retreat-7d")
		stay.SignalWorkflow(profile.SignalChannel, kit.Fact{ID: "e1", Type: "opted_out", Data: map[string]string{"channel": "email"}})
		// The provider's own block (Twilio 21610), told by a journey.
		stay.SignalWorkflow(profile.SignalChannel, kit.Fact{ID: "b1", Type: "opted_out", Data: map[string]string{"channel": "sms"}})
	})
	stay.After(time.Hour, func() {
		assert.Equal(t, []string{"email", "sms"}, overview(t, stay).OptedOut)
		stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "START"))
	})
	stay.After(2*time.Hour, func() { assert.Equal(t, []string{"email"}, overview(t, stay).OptedOut) })
	end(stay, 3*time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})
	var types []string
	for _, fact := range sent.facts {
		types = append(types, fact.Type+" "+fact.Data["channel"])
	}
	assert.Equal(t, []string{"opted_out email", "opted_out sms", "opted_in sms"}, types)
}

func TestALeadOfAGuestOnTheWayIsToldToTheirJourney(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	sent := watch(stay, nil)
	stay.After(time.Minute, func() {
		open(stay, "journey/1", "retreat-7d")
		open(stay, "journey/2", "detox-7d")
	})
	stay.After(time.Hour, func() {
		request(stay, profile.UpdateLeadAgain, profile.LeadAgain{ID: "l1", ProgramCode: "retreat-7d"})
		request(stay, profile.UpdateLeadAgain, profile.LeadAgain{ID: "l2", ProgramCode: "sleep-3d"})
	})
	end(stay, 2*time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})
	require.Equal(t, []string{"journey/1"}, sent.to)
	assert.Equal(t, profile.FactLeadAgain, sent.facts[0].Type)
}

func TestAContactWhoIsOnTheWayStartsNoSecondJourney(t *testing.T) {
	stay := worldtest.NewAlone(t, "claim/hubspot/42/contact/7")
	stay.World.Contact = crm.Record{Email: "a@b.example", Source: "website"}
	stay.World.AttachTo = "journey/1"
	stay.After(time.Minute, func() { stay.SignalWorkflow(kit.SignalContact, kit.Fact{ID: "e1", Provider: "hubspot"}) })
	var lines []kit.Line
	stay.After(time.Hour, func() {
		value, err := stay.QueryWorkflow(kit.QueryTimeline)
		require.NoError(t, err)
		require.NoError(t, value.Get(&lines))
	})
	stay.ExecuteWorkflow(profile.ClaimType, profile.ClaimInput{
		Kind: profile.KindHubSpotContact, ObjectID: "7", Portal: "42",
		Starts: &profile.StartRules{Sources: []string{"website"}, Program: "retreat-7d", PerHour: 5},
	})
	require.NoError(t, stay.GetWorkflowError())
	require.NotEmpty(t, lines)
	assert.Equal(t, "starts no journey: told to journey/1", lines[len(lines)-1].Text)
}

func TestATextAfterTheLastJourneyIsNotDropped(t *testing.T) {
	stay := worldtest.NewAlone(t, "guest/G1")
	watch(stay, nil)
	stay.After(time.Minute, func() {
		open(stay, "journey/1", "retreat-7d")
		stay.SignalWorkflow(profile.SignalJourneyClosed, kit.Fact{ID: "c", Object: "journey/1"})
	})
	stay.After(2*time.Minute, func() { stay.SignalWorkflow(kit.SignalMessageIn, text("SM1", "Is my scarf still with you?")) })
	stay.After(time.Hour, func() { assert.Equal(t, []string{"message_without_journey"}, overview(t, stay).Attention) })
	end(stay, 2*time.Hour)
	stay.ExecuteWorkflow(profile.Type, profile.Input{GuestRef: "G1"})
}

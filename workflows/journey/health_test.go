package journey_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

// healthily is a guest who does what is asked, and is cleared.
func healthily(stay *worldtest.Stay) {
	stay.After(time.Hour, func() { stay.Intake(arrival) })
	stay.After(90*time.Minute, func() { stay.HealthForm("form") })
	stay.After(100*time.Minute, func() { stay.Clear(departure) })
	stay.After(2*time.Hour, stay.Accept)
	stay.After(3*time.Hour, func() { stay.Pay("deposit") })
}

func mailsWith(stay *worldtest.Stay, part string) (found int) {
	for _, mail := range stay.World.Mails {
		if strings.Contains(mail, part) {
			found++
		}
	}
	return found
}

func medical(actor, reason string, more map[string]any) map[string]any {
	command := map[string]any{"actor": actor, "role": "clinician", "reason": reason}
	for name, value := range more {
		command[name] = value
	}
	return command
}

func TestAClearedGuestIsBookedAndComes(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	healthily(stay)
	var stages []string
	stay.After(95*time.Minute, func() { stages = append(stages, status(t, stay).Stage) })
	stay.After(110*time.Minute, func() { stages = append(stages, status(t, stay).Stage) })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, []string{"clearance_review", "offer"}, stages)
	assert.Equal(t, 1, mailsWith(stay, "/health/J1"))
	assert.Zero(t, mailsWith(stay, "/consent/J1"), "the consent came with the intake")
}

func TestNoHealthQuestionBeforeTheConsent(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.After(time.Hour, func() { stay.Guest("intake", journey.GuestIntake, map[string]string{"arrival": arrival}) })
	stay.After(2*time.Hour, func() {
		assert.Equal(t, "screening", status(t, stay).Stage)
		assert.Equal(t, 1, mailsWith(stay, "/consent/J1"))
		assert.Zero(t, mailsWith(stay, "/health/J1"))
		stay.Guest("consent", journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "true", "version": "1"})
	})
	stay.After(3*time.Hour, func() {
		assert.Equal(t, 1, mailsWith(stay, "/health/J1"))
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestAFormThatOvertakesTheConsentCountsOnceItIsGiven(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.After(time.Hour, func() { stay.Guest("intake", journey.GuestIntake, map[string]string{"arrival": arrival}) })
	stay.After(2*time.Hour, func() { stay.HealthForm("form") })
	stay.After(3*time.Hour, func() {
		assert.Equal(t, "screening", status(t, stay).Stage, "no clinician reads it without consent")
		stay.Guest("consent", journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "true", "version": "1"})
	})
	stay.After(4*time.Hour, func() {
		assert.Equal(t, "clearance_review", status(t, stay).Stage)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestAWithdrawnConsentIsTheLastWord(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.After(time.Hour, func() { stay.Intake(arrival) })
	stay.After(2*time.Hour, func() {
		stay.Guest("no", journey.GuestConsent, map[string]string{"purpose": "health_data", "granted": "false", "version": "1"})
		stay.HealthForm("form")
	})
	stay.After(3*time.Hour, func() {
		assert.Equal(t, "screening", status(t, stay).Stage)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestASilentGuestIsAskedAgainAndThenLetGo(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.After(time.Hour, func() { stay.Intake(arrival) })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "lost", result.Stage)
	assert.Equal(t, "no_response", result.Reason)
	assert.Equal(t, 1+3, mailsWith(stay, "/health/J1"), "at once, and after 3, 6 and 9 days")
}

func TestNobodyIsClearedByTime(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.After(time.Hour, func() { stay.Intake(arrival); stay.HealthForm("form") })
	stay.After(2*day, func() { assert.Empty(t, status(t, stay).Attention) })
	stay.After(3*day, func() { assert.Equal(t, []string{"clearance_overdue"}, status(t, stay).Attention) })
	stay.After(60*day, func() {
		view := status(t, stay)
		assert.Equal(t, []string{"clearance_overdue", "clearance_overdue_lead"}, view.Attention)
		assert.Equal(t, "clearance_review", view.Stage)
		stay.Clear(departure)
	})
	stay.After(61*day, func() {
		assert.Empty(t, status(t, stay).Attention)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestAQuestionOfTheClinicianReopensTheReview(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	stay.After(time.Hour, func() { stay.Intake(arrival) })
	stay.After(2*time.Hour, func() { stay.HealthForm("form") })
	stay.After(day, func() {
		stay.Command(worldtest.JourneyID, "request_info", medical("dr-sol", "a dose is missing", map[string]any{"what": "medication"}), nil)
	})
	stay.After(2*day, func() {
		assert.Equal(t, 2, mailsWith(stay, "/health/J1"), "the questionnaire, and the question")
		stay.HealthForm("form-2")
	})
	// The first review's term would have ended at the end of the second day.
	stay.After(3*day, func() { assert.Empty(t, status(t, stay).Attention, "the term begins again with the answer") })
	stay.After(5*day, func() {
		assert.Equal(t, []string{"clearance_overdue"}, status(t, stay).Attention)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestARevokedClearanceGivesAllMoneyBack(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	healthily(stay)
	// Three days before arrival the policy would give nothing back.
	stay.After(89*day, func() {
		stay.Command(worldtest.JourneyID, "revoke_clearance", medical("dr-sol", "new finding", map[string]any{"reasonCode": "qtc"}), nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Equal(t, int64(300000), result.RefundedMinor)
	last := strings.ToLower(stay.World.Mails[len(stay.World.Mails)-1])
	for _, word := range []string{"medical", "health", "clinic", "qtc", "finding"} {
		assert.NotContains(t, last, word)
	}
}

// override moves a guest on against a guard.
func override(stay *worldtest.Stay, from, to string, ack ...string) {
	stay.Command(worldtest.JourneyID, "override_stage", map[string]any{
		"actor": "dr-sol", "role": "clinician", "reason": "the chart is on paper", "from": from, "to": to, "ack": ack, "approvedBy": "manager-1",
	}, nil)
}

// bookedUncleared is a guest whom people have moved past the review, twice.
func bookedUncleared(stay *worldtest.Stay) {
	stay.After(time.Hour, func() { stay.Intake(arrival); stay.HealthForm("form") })
	stay.After(2*time.Hour, func() { override(stay, "clearance_review", "offer", "clearance") })
	stay.After(3*time.Hour, stay.Accept)
	stay.After(4*time.Hour, func() { stay.Pay("deposit") })
	stay.After(6*time.Hour, func() { override(stay, "deposit_pending", "booked", "clearance") })
}

func TestNobodyIsBookedWithoutClearance(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	bookedUncleared(stay)
	stay.After(5*time.Hour, func() {
		view := status(t, stay)
		assert.Equal(t, "deposit_pending", view.Stage, "the deposit is paid, the guest is not cleared")
		assert.Contains(t, view.Attention, "blocked:clearance")
		assert.Equal(t, "deposit_paid", view.Money.State)
	})
	stay.After(7*time.Hour, func() {
		assert.Equal(t, "pre_arrival", status(t, stay).Stage)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	_, err := stay.Run()

	require.NoError(t, err)
}

func TestAClearanceIsLookedAtAgainBeforeArrival(t *testing.T) {
	begins := departure.Add(-7 * 24 * time.Hour).Sub(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
	for name, test := range map[string]struct {
		before  time.Duration
		missing bool
	}{
		"15 days before": {15 * day, false},
		"13 days before": {13 * day, true},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewStay(t, worldtest.Medical())
			bookedUncleared(stay)
			stay.After(begins-test.before, func() {
				assert.Equal(t, test.missing, slices.Contains(status(t, stay).Attention, "not_cleared_before_arrival"))
				stay.Clear(departure)
			})
			stay.After(begins-test.before+time.Hour, func() {
				assert.NotContains(t, status(t, stay).Attention, "not_cleared_before_arrival")
			})

			result, err := stay.Run()

			require.NoError(t, err)
			assert.Equal(t, "completed", result.Stage)
		})
	}
}

func TestNobodyArrivesWithoutClearance(t *testing.T) {
	begins := departure.Add(-7 * 24 * time.Hour).Sub(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
	stay := worldtest.NewStay(t, worldtest.Medical())
	bookedUncleared(stay)
	stay.After(begins+day, func() {
		view := status(t, stay)
		assert.Equal(t, "pre_arrival", view.Stage)
		assert.Contains(t, view.Attention, "not_cleared_at_arrival")
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Equal(t, int64(300000), result.RefundedMinor, "the house could not take the guest")
}

func TestAGuestWhomNobodyHasSeenIsLookedFor(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Medical())
	healthily(stay)
	begins := departure.Add(-7 * 24 * time.Hour).Sub(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
	stay.After(begins+3*time.Hour, func() { assert.Empty(t, status(t, stay).Attention) })
	stay.After(begins+5*time.Hour, func() {
		assert.Equal(t, []string{"not_checked_in"}, status(t, stay).Attention)
		stay.Command(worldtest.JourneyID, "mark_attendance", map[string]any{
			"actor": "desk", "role": "operator", "reason": "arrived by taxi", "mark": "late", "source": "front_desk",
		}, nil)
	})
	stay.After(begins+6*time.Hour, func() { assert.Empty(t, status(t, stay).Attention) })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestANoShowMayBeTakenBackForADay(t *testing.T) {
	begins := departure.Add(-7 * 24 * time.Hour).Sub(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
	mark := func(stay *worldtest.Stay, mark string) {
		stay.Command(worldtest.JourneyID, "mark_attendance", map[string]any{
			"actor": "desk", "role": "operator", "reason": "looked", "mark": mark, "source": "front_desk",
		}, nil)
	}
	for name, test := range map[string]struct {
		back  bool
		stage string
	}{"taken back": {true, "completed"}, "left": {false, "no_show"}} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewStay(t, worldtest.Medical())
			healthily(stay)
			stay.After(begins+5*time.Hour, func() { mark(stay, "no_show") })
			stay.After(begins+28*time.Hour, func() {
				assert.Equal(t, "in_program", status(t, stay).Stage)
				if test.back {
					mark(stay, "attended")
				}
			})

			result, err := stay.Run()

			require.NoError(t, err)
			assert.Equal(t, test.stage, result.Stage)
			assert.Zero(t, result.RefundedMinor)
			assert.Equal(t, int64(300000), result.CapturedMinor)
		})
	}
}

func TestWhoLeavesEarlyIsNotRemindedAnyMore(t *testing.T) {
	begins := departure.Add(-7 * 24 * time.Hour).Sub(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
	program := worldtest.Medical()
	program.Session.After = program.Length - program.Session.Duration // on the last day
	stay := worldtest.NewStay(t, program)
	healthily(stay)
	stay.After(begins+24*time.Hour, func() {
		stay.Command(worldtest.JourneyID, "mark_attendance", map[string]any{
			"actor": "desk", "role": "operator", "reason": "family matter", "mark": "early_departure", "source": "front_desk",
		}, nil)
	})
	var texts int
	stay.After(begins+25*time.Hour, func() {
		texts = stay.World.Count("sms")
		assert.Equal(t, "aftercare", status(t, stay).Stage)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, texts, stay.World.Count("sms"), "a reminder of a session that will not be")
}

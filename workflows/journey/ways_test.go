package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

func cancelByGuest() kit.Cancel {
	return kit.Cancel{Envelope: worldtest.Operator("the guest called"), By: "guest"}
}

func TestCancelFollowsTheRefundTiers(t *testing.T) {
	for name, test := range map[string]struct {
		arrival  string
		after    time.Duration
		refund   string
		refunded int64
	}{
		"92 days before: all of it":        {"2027-06-01T15:00:00", 4 * time.Hour, "", 50000},
		"70 days before: deposit kept":     {"2027-05-10T15:00:00", 4 * time.Hour, "", 0},
		"35 days before: half the balance": {"2027-06-01T15:00:00", 57 * day, "", 125000},
		"10 days before: nothing":          {"2027-06-01T15:00:00", 82 * day, "", 0},
		"in full by a manager":             {"2027-06-01T15:00:00", 82 * day, "full", 300000},
	} {
		t.Run(name, func(t *testing.T) {
			program := worldtest.Retreat()
			// The balance is charged at 60 days, so that it can be given back in part.
			program.Deadlines.BalanceBefore = program.Refunds[1].AtLeast
			program.Refunds[2].AtLeast = program.Refunds[2].AtLeast * 2 / 3
			stay := worldtest.NewStay(t, program)
			happily(stay, test.arrival)
			stay.After(test.after, func() {
				command := cancelByGuest()
				if test.refund != "" {
					command.Role, command.Refund = "manager", test.refund
				}
				stay.Command(worldtest.JourneyID, kit.UpdateCancel, command, nil)
			})

			result, err := stay.Run()

			require.NoError(t, err)
			assert.Equal(t, "cancelled", result.Stage)
			_, refunded := stay.World.Balance()
			assert.Equal(t, test.refunded, refunded)
			assert.Equal(t, test.refunded, result.RefundedMinor)
			assert.Empty(t, stay.World.Places, "the place was not given back")
			assert.Equal(t, 1, stay.World.Count("deal:cancelled"))
		})
	}
}

func TestAfterACancelNothingIsSentButTheCancellation(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	var before int
	stay.After(4*time.Hour, func() {
		before = stay.World.Count("sms") + stay.World.Count("email")
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), func(outcome kit.Outcome) {
			assert.Equal(t, "pending", outcome.Status)
			assert.Equal(t, "cancelling", outcome.State)
		})
	})

	_, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, before+2, stay.World.Count("sms")+stay.World.Count("email"))
	assert.Contains(t, stay.World.Mails[len(stay.World.Mails)-1], "500")
}

func TestCompensationsRunInTheirOrder(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	stay.After(4*time.Hour, func() { stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil) })

	_, err := stay.Run()

	require.NoError(t, err)
	order := strings.Join(stay.World.Order(), " ")
	assert.Regexp(t, `release.* refund .*deal:cancelled note email sms$`, order)
}

func TestAStuckCompensationStopsNoOther(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	stay.World.Fail("release", failure.Permanent, 1)
	stay.After(4*time.Hour, func() { stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil) })
	stay.After(10*day, func() {
		_, refunded := stay.World.Balance()
		assert.Equal(t, int64(50000), refunded, "the refund waits for the calendar")
		assert.Equal(t, 1, stay.World.Count("deal:cancelled"), "the CRM waits for the calendar")
		stay.Command("appt/J1", kit.UpdateRetryStep, kit.StepCommand{Envelope: worldtest.Operator("calendar is back"), Step: "calendar.release"}, nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Empty(t, stay.World.Places)
}

func TestTemporalsOwnCancelEqualsTheCommand(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	stay.After(4*time.Hour, stay.CancelWorkflow)

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Equal(t, int64(50000), result.RefundedMinor)
	assert.Empty(t, stay.World.Places)
}

func TestEveryDeadlineHasItsConsequence(t *testing.T) {
	for name, test := range map[string]struct {
		play   func(*worldtest.Stay)
		reason string
	}{
		"no answer at all": {func(*worldtest.Stay) {}, "no_response"},
		"no answer to the offer": {func(s *worldtest.Stay) {
			s.After(time.Hour, func() { s.Intake("2027-06-01T15:00:00") })
		}, "expired"},
		"offer declined": {func(s *worldtest.Stay) {
			s.After(time.Hour, func() { s.Intake("2027-06-01T15:00:00") })
			s.After(2*time.Hour, func() { s.Guest("no", journey.GuestAnswer, map[string]string{"answer": "declined"}) })
		}, "declined"},
		"policy not accepted": {func(s *worldtest.Stay) {
			s.After(time.Hour, func() { s.Intake("2027-06-01T15:00:00") })
			s.After(2*time.Hour, func() { s.Guest("yes", journey.GuestAnswer, map[string]string{"answer": "accepted"}) })
		}, "expired"},
		"deposit not paid": {func(s *worldtest.Stay) {
			s.After(time.Hour, func() { s.Intake("2027-06-01T15:00:00") })
			s.After(2*time.Hour, s.Accept)
		}, "expired_unpaid"},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewStay(t, worldtest.Retreat())
			test.play(stay)

			result, err := stay.Run()

			require.NoError(t, err)
			assert.Equal(t, "lost", result.Stage)
			assert.Equal(t, test.reason, result.Reason)
			assert.Empty(t, stay.World.Places, "a place is still held")
			assert.Equal(t, 1, stay.World.Count("deal:lost"))
			captured, _ := stay.World.Balance()
			assert.Zero(t, captured)
			if test.reason == "expired_unpaid" {
				assert.False(t, stay.World.Pay("deposit"), "the page is still open")
			}
		})
	}
}

func TestAPaymentAfterTheDeadlineIsRefundedInFull(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.After(time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
	stay.After(2*time.Hour, stay.Accept)
	stay.After(5*day, func() {
		require.True(t, stay.World.PayClosed("deposit"))
		stay.Hint("late")
	})
	// The journey has closed by then; its plan lives on.
	stay.After(6*day, func() {
		captured, refunded := stay.World.Balance()
		assert.Equal(t, int64(50000), captured)
		assert.Equal(t, int64(50000), refunded)
	})
	stay.After(4*day, func() { stay.Guest("x", "unknown", nil) })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "expired_unpaid", result.Reason)
}

func TestAPageThatExpiresIsRenewedUntilTheDeadline(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.After(time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
	stay.After(2*time.Hour, stay.Accept)
	stay.After(26*time.Hour, func() {
		stay.World.ExpirePage("deposit")
		stay.Hint("page-expired")
	})
	stay.After(30*time.Hour, func() { stay.Pay("deposit") })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, 2, stay.World.Count("page"))
}

func TestABalanceThatIsDeclinedIsPaidOnAPage(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Decline = true
	happily(stay, "2027-06-01T15:00:00")
	// Charged 30 days before arrival, on day 62; a page is open for a day then,
	// and again after three days.
	stay.After(65*day+12*time.Hour, func() { stay.Pay("balance") })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Equal(t, int64(300000), result.CapturedMinor)
	assert.Equal(t, 1, stay.World.Count("close"), "our own charge could still succeed")
}

func TestAnUnpaidBalanceNeedsAPerson(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Decline = true
	happily(stay, "2027-06-01T15:00:00")
	stay.After(93*day, func() {
		view := status(t, stay)
		assert.Equal(t, "pre_arrival", view.Stage)
		assert.Contains(t, view.Attention, "unpaid_at_arrival")
		require.True(t, stay.World.PayClosed("balance"), "paid at the desk's terminal")
		stay.Hint("paid")
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestARescheduleDropsTheOldReminders(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	stay.After(10*day, func() {
		stay.Command(worldtest.JourneyID, kit.UpdateReschedule, kit.Reschedule{
			Envelope: worldtest.Operator("the doctor is ill"), Start: "2027-06-04T09:00:00",
		}, func(outcome kit.Outcome) { assert.Equal(t, "pending", outcome.Status) })
	})
	var reminders []time.Time
	stay.After(11*day, func() {
		assert.Equal(t, 2, status(t, stay).Session.Revision)
		value, err := stay.QueryWorkflowByID("appt/J1", kit.QueryNextDeadlines)
		require.NoError(t, err)
		var deadlines []kit.Deadline
		require.NoError(t, value.Get(&deadlines))
		for _, deadline := range deadlines {
			if strings.HasPrefix(deadline.Name, "reminder") {
				assert.Contains(t, deadline.Name, "rev 2")
				reminders = append(reminders, deadline.At)
			}
		}
	})

	_, err := stay.Run()

	require.NoError(t, err)
	// Mexico City is at UTC-6: 24 h and 1 h before 09:00 on 4 June.
	assert.Equal(t, []time.Time{
		time.Date(2027, 6, 3, 15, 0, 0, 0, time.UTC), time.Date(2027, 6, 3, 15, 0, 0, 0, time.UTC),
		time.Date(2027, 6, 4, 14, 0, 0, 0, time.UTC),
	}, reminders)
	assert.Equal(t, 5+2, stay.World.Count("sms"), "one message more: the new time")
}

func TestAHoldStopsMessagesAndGuestDeadlines(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.After(time.Hour, func() {
		stay.Command(worldtest.JourneyID, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("bereavement")}, func(outcome kit.Outcome) {
			assert.Equal(t, "done", outcome.Status)
		})
	})
	// The guest's 14 days are over, but 20 of them were held.
	stay.After(21*day, func() {
		assert.Equal(t, "conversing", status(t, stay).Stage)
		stay.Command(worldtest.JourneyID, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("they called")}, nil)
	})
	stay.After(22*day, func() { stay.Intake("2027-08-01T15:00:00") })
	stay.After(23*day, stay.Accept)
	stay.After(24*day, func() { stay.Pay("deposit") })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestAHeldOfferStillGivesItsPlaceBack(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.After(time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
	stay.After(2*time.Hour, func() {
		stay.Command(worldtest.JourneyID, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("wait")}, nil)
	})
	stay.After(5*day, func() {
		assert.Empty(t, stay.World.Places, "a hold must not keep a scarce place")
		stay.Command(worldtest.JourneyID, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("go on")}, nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "expired", result.Reason)
}

func TestAnOptOutClosesTheChannelHereAndInTheAppointment(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	stay.After(4*time.Hour, func() {
		stay.SignalWorkflow("profile_update", kit.Fact{ID: "stop", Provider: "GuestProfile", Type: "opted_out", Data: map[string]string{"channel": "sms"}})
	})

	_, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, 4, stay.World.Count("sms"), "a text went out after STOP")
	assert.Equal(t, 4+1+2, stay.World.Count("email"))
}

func TestAPermanentFailureParksAndAnOperatorGoesOn(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Fail("deal:new", failure.Permanent, 1)
	happily(stay, "2027-06-01T15:00:00")
	stay.After(30*time.Minute, func() {
		view := status(t, stay)
		assert.Contains(t, view.Attention, "parked:crm.deal.new")
		stay.Command(worldtest.JourneyID, kit.UpdateSkipStep, kit.StepCommand{Envelope: worldtest.Operator("no deal needed"), Step: "crm.deal.new"}, nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
	assert.Zero(t, stay.World.Count("deal:new"))
}

func TestAnOutageNeedsNobody(t *testing.T) {
	for _, class := range []failure.Class{failure.NotProcessed, failure.Throttled, failure.Ambiguous} {
		t.Run(string(class), func(t *testing.T) {
			stay := worldtest.NewStay(t, worldtest.Retreat())
			stay.World.Fail("hold", class, 20)
			stay.World.Fail("contact", class, 20)
			// Twenty failures are seven rounds, so the guest comes a day later.
			stay.After(day, func() {
				view := status(t, stay)
				assert.Equal(t, "conversing", view.Stage)
				assert.Empty(t, view.Attention)
			})
			stay.After(day+time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
			stay.After(2*day, stay.Accept)
			stay.After(2*day+time.Hour, func() { stay.Pay("deposit") })

			result, err := stay.Run()

			require.NoError(t, err)
			assert.Equal(t, "completed", result.Stage)
			for key, count := range stay.World.Effects() {
				assert.Equal(t, 1, count, key)
			}
		})
	}
}

func TestAttentionComesAfterFifteenMinutes(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Fail("contact", failure.NotProcessed, 1000)
	stay.After(14*time.Minute, func() { assert.Empty(t, status(t, stay).Attention) })
	stay.After(16*time.Minute, func() {
		assert.Equal(t, []string{"retrying:crm.contact"}, status(t, stay).Attention)
	})
	// With the provider down, a cancel is answered at once.
	stay.After(20*time.Minute, func() {
		stay.World.Fail("contact", failure.NotProcessed, 0)
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), func(outcome kit.Outcome) {
			assert.Equal(t, "cancelling", outcome.State)
		})
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
}

func TestAStartThatIsWrongFailsAtOnceAndNamesEveryField(t *testing.T) {
	for name, test := range map[string]struct {
		input any
		names []string
	}{
		"unknown fields": {map[string]any{"lead": map[string]any{"emial": "a@b.c", "phone": 7}, "program": "retreat-7d"}, []string{"lead.emial: unknown field", "lead.phone: want a string"}},
		"no address":     {journey.Input{Program: "retreat-7d"}, []string{"lead: needs email or phone"}},
		"no program":     {map[string]any{"lead": map[string]any{"email": "a@b.c"}}, []string{"program: missing"}},
		"not an object":  {[]int{1}, []string{"want an object"}},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewStay(t, worldtest.Retreat())
			stay.ExecuteWorkflow(journey.Type, test.input)
			var application *temporal.ApplicationError
			require.ErrorAs(t, stay.GetWorkflowError(), &application)
			assert.Equal(t, "InvalidInput", application.Type())
			assert.True(t, application.NonRetryable())
			for _, name := range test.names {
				assert.Contains(t, application.Message(), name)
			}
		})
	}
}

func TestAnUnknownProgramFailsAtOnce(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.ExecuteWorkflow(journey.Type, map[string]any{"lead": map[string]any{"email": "a@b.c"}, "program": "nope"})
	assert.ErrorContains(t, stay.GetWorkflowError(), "InvalidInput")
}

func status(t *testing.T, stay *worldtest.Stay) journey.Overview {
	t.Helper()
	value, err := stay.QueryWorkflow(kit.QueryStatus)
	require.NoError(t, err)
	var view journey.Overview
	require.NoError(t, value.Get(&view))
	return view
}

func TestACancelBeforeAnybodyKnowsLeavesNothing(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.World.Fail("claim", failure.NotProcessed, 1000)
	stay.After(10*time.Minute, func() {
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Empty(t, stay.World.Order(), "nothing had happened, so nothing is to be undone or told")
}

func TestAPlaceThatIsLostNeedsAPerson(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	stay.After(4*time.Hour, func() {
		stay.Command("appt/J1", kit.UpdateCancel, cancelByGuest(), nil)
	})
	stay.After(5*time.Hour, func() {
		view := status(t, stay)
		assert.Contains(t, view.Attention, "place_lost")
		stay.Command(worldtest.JourneyID, kit.UpdateCancel, cancelByGuest(), nil)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "cancelled", result.Stage)
	assert.Equal(t, int64(50000), result.RefundedMinor)
}

func TestARejectedCommandChangesNothing(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	rejected := 0
	stay.After(4*time.Hour, func() {
		for name, input := range map[string]any{
			kit.UpdateCancel:     map[string]any{"actor": "a", "role": "operator", "reason": "r", "by": "nobody"},
			kit.UpdateHold:       map[string]any{"actor": "", "role": "king", "reason": ""},
			kit.UpdateRelease:    kit.Release{Envelope: worldtest.Operator("r")},
			kit.UpdateReschedule: kit.Reschedule{Envelope: worldtest.Operator("r"), Start: "2020-01-01T00:00:00"},
			kit.UpdateSkipStep:   kit.StepCommand{Envelope: worldtest.Operator("r"), Step: "crm.contact"},
			kit.UpdateRetryStep:  map[string]any{"actor": "a", "role": "operator", "reason": "r", "stepp": "x"},
		} {
			stay.UpdateWorkflow(name, "bad-"+name, &testsuite.TestUpdateCallback{
				OnAccept:   func() { t.Errorf("%s was accepted", name) },
				OnReject:   func(error) { rejected++ },
				OnComplete: func(any, error) {},
			}, input)
		}
	})
	stay.After(5*time.Hour, func() {
		assert.Equal(t, 6, rejected)
		assert.Empty(t, status(t, stay).Commands)
	})

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestTheSameCommandTwiceRunsOnce(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	happily(stay, "2027-06-01T15:00:00")
	command := cancelByGuest()
	command.CommandID = "the-one"
	for _, at := range []time.Duration{4 * time.Hour, 4*time.Hour + time.Second} {
		stay.After(at, func() {
			if stay.IsWorkflowCompleted() {
				return
			}
			stay.Command(worldtest.JourneyID, kit.UpdateCancel, command, func(outcome kit.Outcome) {
				assert.Equal(t, "the-one", outcome.CommandID)
			})
		})
	}

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, int64(50000), result.RefundedMinor)
	assert.Equal(t, 1, stay.World.Count("refund"))
}

func TestAHeldJourneyKeepsWhatComesAndMovesOnAfterwards(t *testing.T) {
	stay := worldtest.NewStay(t, worldtest.Retreat())
	stay.After(time.Hour, func() {
		stay.Command(worldtest.JourneyID, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("bereavement")}, nil)
	})
	stay.After(2*time.Hour, func() { stay.Intake("2027-06-01T15:00:00") })
	stay.After(3*time.Hour, func() {
		assert.Equal(t, "conversing", status(t, stay).Stage, "a held journey moved on")
		assert.Zero(t, stay.World.Count("hold"))
		stay.Command(worldtest.JourneyID, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("go on")}, nil)
	})
	stay.After(4*time.Hour, stay.Accept)
	stay.After(5*time.Hour, func() { stay.Pay("deposit") })

	result, err := stay.Run()

	require.NoError(t, err)
	assert.Equal(t, "completed", result.Stage)
}

func TestNoTextGoesOutAfterAnOptOutWhereverItCameFrom(t *testing.T) {
	for name, test := range map[string]struct {
		play  func(*worldtest.Stay)
		texts int
	}{
		"known when the journey began": {func(stay *worldtest.Stay) { stay.World.Claimed.OptedOut = []string{"sms"} }, 0},
		"after the welcome": {func(stay *worldtest.Stay) {
			stay.After(30*time.Minute, func() {
				stay.SignalWorkflow("profile_update", kit.Fact{ID: "stop", Provider: "GuestProfile", Type: "opted_out", Data: map[string]string{"channel": "sms"}})
			})
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			stay := worldtest.NewStay(t, worldtest.Retreat())
			test.play(stay)
			happily(stay, "2027-06-01T15:00:00")

			_, err := stay.Run()

			require.NoError(t, err)
			assert.Equal(t, test.texts, stay.World.Count("sms"))
			assert.Equal(t, 4+1+2, stay.World.Count("email"))
		})
	}
}

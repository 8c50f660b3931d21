package appointment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

const journeyID = "journey/J9"

// listen records what an appointment tells its journey.
func listen(stay *worldtest.Stay) *[]appointment.Update {
	var told []appointment.Update
	stay.OnSignalExternalWorkflow(mock.Anything, journeyID, mock.Anything, appointment.SignalUpdate, mock.Anything).Return(
		func(_, _, _, _ string, arg any) error {
			told = append(told, arg.(appointment.Update))
			return nil
		})
	return &told
}

// log says when each text and mail went, and what for.
func log(stay *worldtest.Stay) []string {
	var lines []string
	for _, message := range stay.World.Sent {
		kind := "reminder"
		if strings.Contains(message.Words, "new time") {
			kind = "moved"
		}
		lines = append(lines, message.At.Format("2 15:04 ")+message.Channel+" "+kind)
	}
	return lines
}

func move(stay *worldtest.Stay, at time.Duration, start string) {
	stay.After(at, func() {
		stay.Command(id, kit.UpdateReschedule, kit.Reschedule{Envelope: worldtest.Operator("ill"), Start: start}, nil)
	})
}

// english is byTelephone with wording that the log understands. The clock of
// these tests starts on 1 March, 12:00 UTC; 09:00 in Mexico City is 15:00 UTC.
func english() appointment.Input {
	input := byTelephone()
	input.Contact.Locale = "en"
	return input
}

func sent(t *testing.T, input appointment.Input, steps func(*worldtest.Stay)) []string {
	t.Helper()
	stay := worldtest.NewAlone(t, id)
	steps(stay)
	assert.Equal(t, "done", run(t, stay, input).Stage)
	return log(stay)
}

func TestAMoveAfterTheDayBeforesReminderIsCorrectedOnTheSameChannels(t *testing.T) {
	// The reminders of the 4th, 15:00, go on the 3rd at 15:00 by text and mail.
	lines := sent(t, english(), func(stay *worldtest.Stay) { move(stay, 52*time.Hour, "2027-03-04T09:30:00") })
	assert.Equal(t, []string{
		"3 15:00 sms reminder", "3 15:00 email reminder",
		"3 16:03 email moved", "3 16:03 sms moved", // 16:00, and three minutes of grace
		"4 14:30 sms reminder", // an hour before; the day before's is part of the message
	}, lines)
}

func TestAMoveThatIsUndoneWithinTheGraceIsToldToNobody(t *testing.T) {
	for name, test := range map[string]struct {
		grace options.Duration
		back  time.Duration // after the move
		moved bool
	}{
		"within three minutes":     {back: 2 * time.Minute},
		"after them":               {back: 5 * time.Minute, moved: true},
		"within the program's own": {grace: options.Duration(time.Hour), back: 30 * time.Minute},
		"after the program's own":  {grace: options.Duration(time.Second), back: 2 * time.Minute, moved: true},
	} {
		t.Run(name, func(t *testing.T) {
			input := english()
			input.Pace.UndoGrace = test.grace
			lines := sent(t, input, func(stay *worldtest.Stay) {
				move(stay, 24*time.Hour, "2027-03-06T09:00:00")
				move(stay, 24*time.Hour+test.back, "2027-03-04T09:00:00")
			})
			assert.Equal(t, test.moved, strings.Contains(strings.Join(lines, "\n"), "moved"), lines)
			assert.Subset(t, lines, []string{"3 15:00 sms reminder", "3 15:00 email reminder", "4 14:00 sms reminder"}, "the reminders stay as they were")
		})
	}
}

func TestAReminderThatFellDueWhileAMoveWasUndoneIsStillSent(t *testing.T) {
	lines := sent(t, english(), func(stay *worldtest.Stay) {
		move(stay, 51*time.Hour-time.Minute, "2027-03-06T09:00:00") // a minute before the reminder
		move(stay, 51*time.Hour+time.Minute, "2027-03-04T09:00:00")
	})
	assert.Equal(t, []string{"3 15:01 sms reminder", "3 15:01 email reminder", "4 14:00 sms reminder"}, lines)
}

func TestOnlyTheLatestOfTwoMovesIsTold(t *testing.T) {
	lines := sent(t, english(), func(stay *worldtest.Stay) {
		move(stay, 24*time.Hour, "2027-03-06T09:00:00")
		move(stay, 24*time.Hour+2*time.Minute, "2027-03-07T09:00:00")
	})
	assert.Equal(t, []string{
		"2 12:05 email moved", "2 12:05 sms moved", "6 15:00 sms reminder", "6 15:00 email reminder", "7 14:00 sms reminder",
	}, lines)
}

func TestAMoveToVerySoonIsToldAtOnce(t *testing.T) {
	lines := sent(t, english(), func(stay *worldtest.Stay) { move(stay, 24*time.Hour, "2027-03-02T06:02:00") })
	assert.Equal(t, []string{"2 12:00 email moved", "2 12:00 sms moved"}, lines)
}

func TestAMoveByNightTextsInTheMorning(t *testing.T) {
	input := english()
	input.QuietHours = programs.QuietHours{From: "21:00", To: "08:00"}
	// 23:00 in Mexico City.
	lines := sent(t, input, func(stay *worldtest.Stay) { move(stay, 41*time.Hour, "2027-03-06T09:00:00") })
	assert.Equal(t, []string{"3 05:03 email moved", "3 14:00 sms moved"}, lines[:2])
}

func TestAHoldDoesNotSwallowTheNewsOfAMove(t *testing.T) {
	lines := sent(t, english(), func(stay *worldtest.Stay) {
		move(stay, 24*time.Hour, "2027-03-06T09:00:00")
		stay.After(24*time.Hour+time.Minute, func() {
			stay.Command(id, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("strike")}, nil)
		})
		stay.After(30*time.Hour, func() {
			assert.Zero(t, stay.World.Count("sms"))
			stay.Command(id, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("over")}, nil)
		})
	})
	assert.Equal(t, []string{"2 18:00 email moved", "2 18:00 sms moved"}, lines[:2])
}

func TestBookedLessThanADayAhead(t *testing.T) {
	for local, want := range map[string][]string{
		"2027-03-01T16:00:00": {"1 21:00 sms reminder"}, // ten hours ahead: the confirmation doubles as the day before's
		"2027-03-01T07:16:00": {"1 12:16 sms reminder"}, // 76 minutes
		"2027-03-01T07:15:00": nil,                      // 75 minutes
	} {
		t.Run(local, func(t *testing.T) {
			input := english()
			input.Local = local
			assert.Equal(t, want, sent(t, input, func(*worldtest.Stay) {}))
		})
	}
}

func TestBookedIsWhenThePlaceIsConfirmed(t *testing.T) {
	input := english()
	input.HoldUntil = time.Date(2027, 3, 4, 14, 30, 0, 0, time.UTC)
	lines := sent(t, input, func(stay *worldtest.Stay) {
		// Held on the 1st, confirmed seventy minutes before the start.
		stay.After(73*time.Hour+50*time.Minute, func() {
			require.NoError(t, stay.SignalWorkflowByID(id, appointment.SignalCommand, appointment.Command{ID: "c", Kind: "confirm"}))
		})
	})
	assert.Empty(t, lines)
}

func TestAnEarlySessionIsRemindedOfTheEveningBefore(t *testing.T) {
	input := english()
	input.Local, input.QuietHours = "2027-03-04T08:30:00", programs.QuietHours{From: "21:00", To: "08:00"}
	input.Reminders[1].Channels = []string{"sms", "email"}
	assert.Equal(t, []string{
		"3 14:30 sms reminder", "3 14:30 email reminder", // 08:30 the day before
		"4 02:59 sms reminder",   // 20:59, the last minute before quiet hours
		"4 13:30 email reminder", // an hour before: a mail wakes nobody
	}, sent(t, input, func(*worldtest.Stay) {}))
}

func TestNothingIsSentAfterTheStartThoughAHoldEndsLater(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	stay.After(time.Hour, func() {
		stay.Command(id, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("strike")}, nil)
	})
	stay.After(76*time.Hour, func() {
		assert.Equal(t, "started", overview(t, stay).Stage, "the start does not wait for a hold")
		stay.Command(id, kit.UpdateRelease, kit.Release{Envelope: worldtest.Operator("over"), FireMissed: "send_now"}, nil)
	})
	assert.Equal(t, "done", run(t, stay, byTelephone()).Stage)
	assert.Zero(t, stay.World.Count("sms")+stay.World.Count("email"))
}

func TestAHeldAppointmentStillGivesItsPlaceBack(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	input := byTelephone()
	input.HoldUntil = time.Date(2027, 3, 2, 12, 0, 0, 0, time.UTC)
	move(stay, time.Hour, "2027-03-06T09:00:00")
	stay.After(time.Hour+time.Minute, func() {
		stay.Command(id, kit.UpdateHold, kit.Hold{Envelope: worldtest.Operator("strike")}, nil)
	})
	assert.Equal(t, "released", run(t, stay, input).Stage)
	assert.Empty(t, stay.World.Places)
	assert.Contains(t, overview(t, stay).Attention, "passed_while_held")
}

func overview(t *testing.T, stay *worldtest.Stay) appointment.Overview {
	t.Helper()
	value, err := stay.QueryWorkflowByID(id, kit.QueryStatus)
	require.NoError(t, err)
	var view appointment.Overview
	require.NoError(t, value.Get(&view))
	return view
}

// newLaw makes the zone an hour later from some time on, as a release of the
// zone data would.
func newLaw(stay *worldtest.Stay, from time.Time, by time.Duration) {
	stay.OnActivity(timetable.Prefix+"Compute", mock.Anything, mock.Anything).Return(
		func(_ context.Context, request timetable.Request) (timetable.Times, error) {
			times, err := timetable.Calculate(request)
			if err != nil || stay.Now().Before(from) {
				return times, err
			}
			times.ZoneData = "2027z"
			times.Start, times.End = times.Start.Add(by), times.End.Add(by)
			for i := range times.Reminders {
				times.Reminders[i].At = times.Reminders[i].At.Add(by)
			}
			return times, nil
		})
}

func TestANewZoneLawMovesTheInstantAndKeepsTheClock(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	newLaw(stay, time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC), time.Hour)
	// After the day before's reminder, before the hour's.
	stay.After(60*time.Hour, func() {
		require.NoError(t, stay.SignalWorkflowByID(id, appointment.SignalReanchor, appointment.Reanchor{ID: "r1", TZData: "2027z"}))
	})
	stay.After(61*time.Hour, func() {
		view := overview(t, stay)
		assert.Equal(t, 1, view.Revision)
		assert.Equal(t, "2027z", view.ZoneData)
		assert.Equal(t, time.Date(2027, 3, 4, 16, 0, 0, 0, time.UTC), view.Start)
		assert.Empty(t, view.Attention)
	})
	input := english()
	input.Notify = journeyID
	assert.Equal(t, "done", run(t, stay, input).Stage)
	assert.Equal(t, 1, stay.World.Count("change"), "the calendar has the new instant")
	assert.Equal(t, []string{"3 15:00 sms reminder", "3 15:00 email reminder", "4 15:00 sms reminder"}, log(stay),
		"the hour's reminder moves; nothing is sent twice, and no news of a clock time that has not changed")
	var moved []appointment.Update
	for _, update := range *told {
		if update.Kind == "moved" {
			moved = append(moved, update)
		}
	}
	require.Len(t, moved, 1)
	assert.Equal(t, 1, moved[0].Revision)
	assert.Equal(t, time.Date(2027, 3, 4, 16, 0, 0, 0, time.UTC), moved[0].Start)
}

func TestAReanchorThatChangesNothingSendsNothing(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	for _, anchor := range []string{"r1", "r1", "r2"} {
		stay.After(time.Hour, func() {
			require.NoError(t, stay.SignalWorkflowByID(id, appointment.SignalReanchor, appointment.Reanchor{ID: anchor, TZData: "1999a"}))
		})
	}
	stay.After(2*time.Hour, func() {
		assert.Equal(t, []string{"zone_data"}, overview(t, stay).Attention, "this worker has not the data that was asked for")
	})
	input := byTelephone()
	input.Notify = journeyID
	assert.Equal(t, "done", run(t, stay, input).Stage)
	assert.Zero(t, stay.World.Count("change"))
	assert.Equal(t, 2, stay.World.Count("sms"))
	for _, update := range *told {
		assert.NotEqual(t, "moved", update.Kind)
	}
}

func TestAProvidersOwnBlockClosesTheChannel(t *testing.T) {
	stay := worldtest.NewAlone(t, id)
	told := listen(stay)
	stay.World.BlockTexts = true
	input := byTelephone()
	input.Notify = journeyID
	assert.Equal(t, "done", run(t, stay, input).Stage)
	assert.Equal(t, 1, stay.World.Count("blocked"), "the second text is not even tried")
	assert.Equal(t, 1, stay.World.Count("email"), "the mail goes on")
	var closed []string
	for _, update := range *told {
		if update.Kind == "opted_out" {
			closed = append(closed, update.Channel)
		}
	}
	assert.Equal(t, []string{"sms"}, closed)
}

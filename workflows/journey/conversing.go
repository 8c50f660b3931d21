package journey

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/timetable"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// conversing: the guest says when to come.
func (j *journey) conversing(ctx workflow.Context) (string, error) {
	deadline := j.core.Deadline("conversing", j.state.Since.Add(j.program().Deadlines.Conversing.Value()), kit.ClassGuest, "lost: no response")
	for {
		wake, err := j.core.Until(ctx, deadline, func() bool { return j.state.Intake.Received })
		if err != nil {
			return "", err
		}
		if wake == kit.Expired {
			return j.lose("no_response"), nil
		}
		valid, err := j.dates(ctx)
		if err != nil {
			return "", err
		}
		if valid {
			j.tellDates(ctx)
			return j.next(StageConversing), nil
		}
	}
}

// dates computes arrival and departure; a past arrival is asked for again.
func (j *journey) dates(ctx workflow.Context) (bool, error) {
	times, err := kit.Ask(ctx, j.core, "times."+j.state.Intake.Arrival, timetable.Request{
		Local: j.state.Intake.Arrival, Zone: j.program().Zone, Duration: j.program().Length,
	}, timetable.Compute)
	if err != nil {
		return false, err
	}
	if !times.Start.After(workflow.Now(ctx)) {
		j.state.Intake = Intake{}
		j.core.Note(ctx, "fact", "the wanted arrival is past; the guest must choose again")
		j.core.Raise(ctx, "bad_intake")
		return false, nil
	}
	j.state.ArrivalAt, j.state.Departure, j.state.Arrival = times.Start, times.End, times.Local
	return true, nil
}

// tellDates tells the guest's profile, which sees whether two journeys meet.
func (j *journey) tellDates(ctx workflow.Context) {
	j.tellProfile(ctx, "tell.profile.dates", profile.SignalJourneyDates, kit.Fact{Type: profile.FactDates, Data: map[string]string{
		"arrival": j.state.ArrivalAt.Format(time.RFC3339), "departure": j.state.Departure.Format(time.RFC3339), "program": j.input.Program,
	}})
}

package journey

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
)

// What the front desk can say of a guest.
const (
	Attended       = "attended"
	AttendedLate   = "late"
	NoShow         = "no_show"
	EarlyDeparture = "early_departure"
)

// deadlineWatch is when the session is to begin.
const deadlineWatch = "session watched"

// inProgram: the guest is here, or should be. The appointment runs the session.
func (j *journey) inProgram(ctx workflow.Context) (string, error) {
	if err := j.record(ctx, crm.StageInProgram, "In the program"); err != nil {
		return "", err
	}
	for {
		mark := j.state.Attendance
		deadline := j.stayDeadline(ctx)
		watches := func() bool { return j.mayWatch(workflow.Now(ctx)) }
		err := j.untilEvent(ctx, deadline, func() bool {
			return j.state.Attendance != mark || mark.Mark == EarlyDeparture || watches()
		})
		over := err == nil && j.state.Attendance == mark
		switch {
		case err != nil:
			return "", err
		case watches():
			j.beginWatch(ctx)
		case over && deadline.Name == deadlineWatch:
			j.missWatch(ctx)
		case j.state.Attendance.Mark == EarlyDeparture:
			j.leaveEarly(ctx)
			return j.next(StageInProgram), nil
		case over && mark.Mark == NoShow:
			return StageNoShow, nil
		case over && deadline.Name == "check-in":
			j.core.Raise(ctx, "not_checked_in")
			j.state.Attendance.Missed = true
		case over:
			j.core.Settle("not_checked_in")
			return j.next(StageInProgram), nil
		}
	}
}

// stayDeadline is what ends the present wait: somebody who has not been seen is
// looked for, who is marked as a no-show may still turn up, and everybody else
// departs.
func (j *journey) stayDeadline(ctx workflow.Context) kit.Deadline {
	stay := j.presenceDeadline(ctx)
	if watch := j.watchDeadline(); !watch.IsZero() && watch.Before(stay.At) {
		return j.core.Deadline(deadlineWatch, watch, kit.ClassInternal, "attention: the session is to be watched, and has not begun")
	}
	return stay
}

func (j *journey) presenceDeadline(ctx workflow.Context) kit.Deadline {
	deadlines := j.program().Deadlines
	checkIn := j.state.ArrivalAt.Add(deadlines.CheckIn.Value())
	switch {
	case j.state.Attendance.Mark == NoShow:
		at := j.state.Attendance.At
		return j.core.Deadline("no-show since "+at.Format(time.RFC3339), at.Add(deadlines.NoShowGrace.Value()), kit.ClassInternal, "the journey ends: the guest has not come")
	case j.state.Attendance.Mark == "" && deadlines.CheckIn > 0 && !j.state.Attendance.Missed:
		return j.core.Deadline("check-in", checkIn, kit.ClassInternal, "attention: the front desk looks for the guest")
	}
	return j.core.Deadline("departure", j.state.Departure, kit.ClassInternal, "aftercare begins")
}

// leaveEarly: what would still come is called off, and aftercare counts from
// now.
func (j *journey) leaveEarly(ctx workflow.Context) {
	j.state.Departure = j.state.Attendance.At
	j.core.Settle("not_checked_in")
	if j.state.Session.Start.After(j.state.Departure) {
		j.tellSession(ctx, j.placeStep("session.left"), appointment.Command{Kind: "cancel"})
	}
}

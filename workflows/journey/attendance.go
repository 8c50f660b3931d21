package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// MarkAttendance is the input of the update "mark_attendance".
type MarkAttendance struct {
	kit.Envelope
	Mark   string `json:"mark"`   // "attended", "late", "no_show" or "early_departure"
	Source string `json:"source"` // a code: "front_desk", "calendar", "video"
}

func (j *journey) offerAttendance(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateMarkAttendance, "Say whether the guest is here. A no-show can be taken back for a while.",
		func() error { return j.mayMark(workflow.Now(ctx)) },
		j.checkMark,
		func(_ string, command MarkAttendance) kit.Verdict {
			// What is waited for now is another thing from here on.
			j.core.Drop(j.stayDeadline(ctx).Name)
			j.state.Attendance.Mark, j.state.Attendance.At = command.Mark, workflow.Now(ctx).UTC()
			j.state.Attendance.Source = command.Source
			j.core.Settle("not_checked_in")
			return kit.Verdict{Detail: command.Mark}
		})
}

func (j *journey) mayMark(now time.Time) error {
	switch {
	case j.state.Stage == StageNoShow:
		return fmt.Errorf("the no-show can no longer be taken back")
	case j.onTheWay() != nil:
		return j.onTheWay()
	case j.state.Stage == StageAftercare:
		return fmt.Errorf("the stay is over")
	case j.state.Stage != StageInProgram || now.Before(j.state.ArrivalAt):
		return fmt.Errorf("the guest has not arrived: the stage is %s", j.shownStage())
	case j.state.Attendance.Mark == EarlyDeparture:
		return fmt.Errorf("the guest has departed")
	}
	return nil
}

func (j *journey) checkMark(command MarkAttendance) error {
	switch {
	case !slices.Contains([]string{Attended, AttendedLate, NoShow, EarlyDeparture}, command.Mark):
		return fmt.Errorf(`mark: want "attended", "late", "no_show" or "early_departure"`)
	case command.Mark == j.state.Attendance.Mark:
		return fmt.Errorf("mark: it is %s already", command.Mark)
	case command.Mark == EarlyDeparture && j.state.Attendance.Mark == NoShow:
		return fmt.Errorf("mark: a no-show cannot depart; take it back first")
	}
	return checkCode("source", command.Source)
}

package journey

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// aftercare: the house asks how the guest is, on fixed days.
func (j *journey) aftercare(ctx workflow.Context) (string, error) {
	for i, after := range j.program().CheckIns {
		if _, done := j.state.Common.Ledger[checkIn(i)+".email"]; !done {
			deadline := j.core.Deadline(checkIn(i), j.state.Departure.Add(after.Value()), kit.ClassGuest, "the guest is asked how they are")
			if _, err := j.core.Until(ctx, deadline, func() bool { return false }); err != nil {
				return "", err
			}
		}
		if err := j.mail(ctx, checkIn(i)+".email", wording.CheckIn, map[string]string{"name": j.input.Lead.FirstName}, j.lastCheckIn(after.Value())); err != nil && !isMissed(err) {
			return "", err
		}
	}
	return j.next(StageAftercare), nil
}

// lastCheckIn is when asking makes no sense any more: as long again after
// departure, an hour later at least.
func (j *journey) lastCheckIn(after time.Duration) time.Time {
	return j.state.Departure.Add(after + max(after, time.Hour))
}

func checkIn(i int) string { return "check_in-" + number(i+1) }

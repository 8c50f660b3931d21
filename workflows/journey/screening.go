package journey

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// screening: the health questionnaire, after the consent to it and never
// before. A guest who is silent is asked again, and then let go.
func (j *journey) screening(ctx workflow.Context) (string, error) {
	deadlines := j.program().Deadlines
	last := j.core.Deadline("screening", j.state.Since.Add(deadlines.Screening.Value()), kit.ClassGuest, "lost: no response")
	for !j.screened() {
		consented := j.consented(PurposeHealth)
		if err := j.askForHealth(ctx, last.At); err != nil {
			return "", err
		}
		deadline := last
		if nudge := j.state.Since.Add(time.Duration(j.state.Form.Nudges+1) * deadlines.ScreeningNudge.Value()); nudge.Before(last.At) {
			deadline = j.core.Deadline("screening reminder "+number(j.state.Form.Nudges+1), nudge, kit.ClassGuest, "the guest is asked again")
		}
		wake, err := j.core.Until(ctx, deadline, func() bool { return j.screened() || j.consented(PurposeHealth) != consented })
		switch {
		case err != nil:
			return "", err
		case wake == kit.Expired && deadline.Name == last.Name:
			return j.lose("no_response"), nil
		case wake == kit.Expired:
			j.state.Form.Nudges++
		}
		last = j.core.Deadline(last.Name, last.At, last.Class, last.Consequence)
	}
	return j.next(StageScreening), nil
}

func (j *journey) screened() bool { return j.consented(PurposeHealth) && j.state.Form.Received }

// askForHealth asks for the consent, and for the questionnaire only once it is
// given. The links lead to the guest's own pages: no question is in a message.
func (j *journey) askForHealth(ctx workflow.Context, before time.Time) error {
	round := number(j.state.Form.Nudges)
	if !j.consented(PurposeHealth) {
		return j.say(ctx, "health_consent-"+round, wording.HealthConsent, map[string]string{"path": "/consent/" + j.short()}, before)
	}
	return j.say(ctx, "health_form-"+round, wording.HealthForm, map[string]string{"path": "/health/" + j.short()}, before)
}

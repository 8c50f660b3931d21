package health

import (
	"fmt"
	"slices"

	"guestjourney/activities/health"
	"guestjourney/workflows/kit"
)

// retried follows an operator's retry_step: who is told is asked again, because a
// number that is refused has been corrected by then in the workers' configuration.
func (i *integrations) retried(step string) {
	for _, alert := range i.state.Alerts {
		if slices.Contains(alert.steps(), step) {
			alert.Known = false
			i.core.Forget(alert.step(stepRecipients))
		}
	}
}

// helped says whether an operator has set something on its way: by itself, nothing
// is new by the time that the loop waits.
func (i *integrations) helped() bool {
	return slices.ContainsFunc(i.state.Alerts, func(alert *Alert) bool {
		steps := alert.steps()
		if !alert.Known {
			steps = []string{alert.step(stepRecipients)} // the others wait for it
		}
		return slices.ContainsFunc(steps, func(step string) bool { return i.core.StepStatusOf(step) == kit.StepNew })
	})
}

// leaveOut ends the ways to those who are told no more. One that is done stays so.
func (i *integrations) leaveOut(alert *Alert, who health.Recipients) {
	for _, way := range alert.Told {
		if !slices.Contains(slices.Concat(who.Phones, who.Emails), way.Address) {
			i.core.GiveUp(way.Step)
		}
	}
}

// add adds the ways to those who are new. A step's name is never used again: its
// effect key belongs to one address.
func (a *Alert) add(kind, channel string, addresses []string) {
	var known []string
	for _, way := range a.Told {
		if way.Channel == channel {
			known = append(known, way.Address)
		}
	}
	number := len(known)
	for _, address := range addresses {
		if !slices.Contains(known, address) {
			number++
			a.Told = append(a.Told, Way{Step: a.step(fmt.Sprintf("%s-%d", kind, number)), Channel: channel, Address: address})
		}
	}
}

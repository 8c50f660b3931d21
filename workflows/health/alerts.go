package health

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/email"
	"guestjourney/activities/health"
	"guestjourney/activities/options"
	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// alertServes is how long staff are told of a change that is over: later it is
// no news, and the state can be asked for.
const alertServes = time.Hour

// alertPace tries a message to staff again sooner than one to a guest.
var alertPace = options.Pace{RetryFirst: options.Duration(time.Minute), RetryMax: options.Duration(10 * time.Minute)}

// stepRecipients ends the name of the step that finds out who is told.
const stepRecipients = "recipients"

// staffLocale is the language in which staff are written to.
const staffLocale = "en"

// Alert is a change that staff are yet to be told of.
type Alert struct {
	// Number counts the alerts, and names their steps.
	Number int `json:"number"`
	// Change is the way to down, or from there to up.
	Change Change `json:"change"`
	Name   string `json:"name"`
	// Was is since when an up again provider had been down.
	Was time.Time `json:"was,omitzero"`
	// Told are the ways on which it is told; nil until the recipients are known.
	Told []Way `json:"told,omitempty"`
	// Known says that the recipients were asked for; an operator who has something
	// tried again has them asked for anew.
	Known bool `json:"known,omitempty"`
}

// Way is one address that is told.
type Way struct {
	Step    string `json:"step"`
	Channel string `json:"channel"` // the capability that carries it
	Address string `json:"address"`
}

func (a *Alert) step(name string) string { return fmt.Sprintf("alert-%d.%s", a.Number, name) }

func (a *Alert) before() time.Time { return a.Change.At.Add(alertServes) }

// announce makes an alert of a change. An older one of the same provider that
// has not reached everybody is given up: the last thing told must be true.
func (i *integrations) announce(ctx workflow.Context, p *Provider, change Change, was time.Time) {
	if !kit.Since(ctx, kit.StaffAlerts) {
		return
	}
	for _, older := range slices.Clone(i.state.Alerts) {
		if older.Change.Capability == p.Capability && older.Change.Check == p.Check {
			i.drop(older)
		}
	}
	i.state.Announced++
	i.state.Alerts = append(i.state.Alerts, &Alert{Number: i.state.Announced, Change: change, Name: p.Name(), Was: was})
}

// tellStaff goes through everything that staff are yet to be told. What fails
// has its turn later, so that reports are taken meanwhile.
func (i *integrations) tellStaff(ctx workflow.Context) error {
	for _, alert := range slices.Clone(i.state.Alerts) {
		finished, err := i.tell(ctx, alert)
		if err != nil {
			return err
		}
		if finished {
			i.drop(alert)
		}
	}
	return nil
}

// tell tells one change on every way that is not done with, and says whether
// none is left.
func (i *integrations) tell(ctx workflow.Context, alert *Alert) (finished bool, err error) {
	if known, err := i.address(ctx, alert); !known || err != nil {
		return false, err
	}
	finished = true
	for _, way := range alert.Told {
		err := i.send(ctx, alert, way)
		switch {
		case errors.Is(err, kit.ErrStepWaits):
			finished = false
		case errors.Is(err, kit.ErrStepMissed):
		case err != nil:
			return false, err
		}
	}
	return finished, nil
}

// address finds out who is told, once for each alert, so that a way that is
// tried again by itself is the same one, and once more when an operator has one
// tried again.
func (i *integrations) address(ctx workflow.Context, alert *Alert) (known bool, err error) {
	if alert.Known {
		return true, nil
	}
	who, err := kit.Do(ctx, i.core, kit.Step[health.Question, health.Recipients]{
		Name: alert.step(stepRecipients), Call: health.AskRecipients, Patient: true, Before: alert.before(),
	})
	switch {
	case errors.Is(err, kit.ErrStepWaits):
		return false, nil
	case err != nil && !errors.Is(err, kit.ErrStepMissed):
		return false, err
	}
	if err == nil {
		i.leaveOut(alert, who)
		alert.add("sms", options.QueueSMS, who.Phones)
		alert.add("email", options.QueueEmail, who.Emails)
	}
	if len(alert.Told) == 0 {
		i.core.Note(ctx, "step", fmt.Sprintf("alert-%d not made: no telephone and no address of staff is configured", alert.Number))
	}
	alert.Known = true
	return true, nil
}

// send tells one change on one way. A way whose own provider is down is left
// out while there is another: what is told late is told of something else.
func (i *integrations) send(ctx workflow.Context, alert *Alert, way Way) error {
	if slices.Contains([]kit.StepStatus{kit.StepDone, kit.StepSkipped, kit.StepMissed}, i.core.StepStatusOf(way.Step)) {
		return nil
	}
	if i.isDown(way.Channel) && i.otherWay(alert, way) {
		i.core.GiveUp(way.Step) // one that had been tried takes back what it raised
		return i.core.PassOver(ctx, way.Step, way.Channel+" is down itself")
	}
	if way.Channel == options.QueueEmail {
		_, err := kit.Do(ctx, i.core, kit.Step[email.Message, email.Receipt]{
			Name: way.Step, Call: email.Send, Patient: true, Before: alert.before(),
			Request: email.Message{To: way.Address, Template: alert.template(), Locale: staffLocale, Params: alert.params()},
		})
		return err
	}
	receipt, err := kit.Do(ctx, i.core, kit.Step[sms.Message, sms.Receipt]{
		Name: way.Step, Call: sms.Send, Patient: true, Before: alert.before(),
		Request: sms.Message{To: way.Address, Template: alert.template(), Locale: staffLocale, Params: alert.params()},
	})
	if err == nil && receipt.Blocked {
		i.core.Note(ctx, "fact", way.Step+" was refused: the number has opted out of our texts")
	}
	return err
}

func (a *Alert) template() string {
	if a.Change.To == StateDown {
		return wording.ProviderDown
	}
	return wording.ProviderUp
}

func (a *Alert) params() map[string]string {
	params := map[string]string{"provider": a.Name, "use": a.Change.Capability, "since": said(a.Change.At)}
	if a.Change.To == StateDown {
		params["code"] = because(a.Change)
	} else {
		params["was"] = said(a.Was)
	}
	return params
}

// said is an instant in the form that wording reads.
func said(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") + " UTC" }

// because is why a provider is down: codes, never a text of the provider's.
func because(change Change) string {
	if change.Code == "" {
		return string(change.Class)
	}
	return string(change.Class) + " " + change.Code
}

// isDown says whether the provider that serves a capability is down.
func (i *integrations) isDown(capability string) bool {
	return slices.ContainsFunc(i.state.Providers, func(p Provider) bool { return p.Capability == capability && p.State == StateDown })
}

// otherWay says whether an alert has a way by a provider that is not down.
func (i *integrations) otherWay(alert *Alert, than Way) bool {
	return slices.ContainsFunc(alert.Told, func(way Way) bool { return way.Channel != than.Channel && !i.isDown(way.Channel) })
}

// drop forgets an alert. Its number is never used again, and so no step's name.
func (i *integrations) drop(alert *Alert) {
	for _, step := range alert.steps() {
		i.core.GiveUp(step)
		i.core.Forget(step)
	}
	i.state.Alerts = slices.DeleteFunc(i.state.Alerts, func(known *Alert) bool { return known == alert })
}

func (a *Alert) steps() []string {
	steps := []string{a.step(stepRecipients)}
	for _, way := range a.Told {
		steps = append(steps, way.Step)
	}
	return steps
}

// telling is when a message to staff is tried again, or is no news any more.
func (i *integrations) telling() kit.Deadline {
	next := kit.Deadline{Name: "alert", Class: kit.ClassInternal, Quiet: true, Consequence: "staff are told"}
	consider := func(at time.Time) {
		if !at.IsZero() && (next.At.IsZero() || at.Before(next.At)) {
			next.At = at
		}
	}
	for _, alert := range i.state.Alerts {
		consider(alert.before())
		for _, step := range alert.steps() {
			consider(i.core.StepTurn(step))
		}
	}
	return next
}

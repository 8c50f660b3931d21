package detector

import (
	"strings"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// Received is a batch as the store has it.
type Received struct {
	Batch reading.Batch
	At    time.Time
}

// Rebuild makes a detector without a checkpoint, as it was at a time: up to that
// time, everything was told that there was to tell. history has the batches of the
// Window before it, in the order in which they were received, and known the last
// transition of every alarm of the session. What comes later is fed as usual.
//
// An alarm that is known to be active stays so until the samples say otherwise; one
// whose condition is found in the history but not known is raised by the next
// call. Nothing is told about what was before.
func Rebuild(config Config, history []Received, known []Transition, at time.Time) (*Detector, error) {
	began := at
	if len(history) > 0 && history[0].At.Before(at) {
		began = history[0].At
	}
	d := &Detector{state: newState(began)}
	if err := d.Configure(config, at); err != nil {
		return nil, err
	}
	tick := began
	for _, one := range history {
		for ; tick.Before(one.At); tick = tick.Add(time.Second) {
			d.Tick(tick)
		}
		d.Feed(one.Batch, one.At)
	}
	for ; tick.Before(at); tick = tick.Add(time.Second) {
		d.Tick(tick)
	}
	d.adopt(known)
	return d, nil
}

// adopt replaces what the replay told by what is known to have been told.
func (d *Detector) adopt(known []Transition) {
	d.state.Number = 0
	for _, alarm := range d.state.Alarms {
		alarm.Report = report{}
	}
	for _, alarm := range d.state.Monitor {
		alarm.Report = report{}
	}
	for _, last := range known {
		d.state.Number = max(d.state.Number, last.Number)
		told := report{Active: last.Change != Cleared, Priority: last.Priority, Episode: last.Episode, Since: last.Since}
		if code, ofMonitor := strings.CutPrefix(last.Alarm, monitorPrefix); ofMonitor {
			d.adoptMonitor(code, told)
		} else if alarm := d.state.Alarms[last.Alarm]; alarm != nil {
			alarm.adopt(told, ruleOf(last.Alarm))
		}
	}
}

func ruleOf(code string) rule {
	for _, rule := range rules {
		if rule.code == code {
			return rule
		}
	}
	return rule{}
}

// adopt holds the levels of an active alarm on. If the replay found them inside
// for long enough, the next call clears them by the usual rule.
func (a *alarm) adopt(told report, rule rule) {
	a.Report = told
	if !told.Active {
		return
	}
	for i := range a.Levels {
		has := rule.delay[i] != never && Low+Priority(i) <= told.Priority
		if has && !a.Levels[i].On {
			a.Levels[i].On, a.Levels[i].Beyond = true, told.Since
		}
	}
}

// adoptMonitor keeps an alarm of the monitor's that the history does not show:
// only its end ends it. If it shows one of the code, that is the newer knowledge.
func (d *Detector) adoptMonitor(code string, told report) {
	alarm := d.state.Monitor[code]
	if alarm == nil {
		alarm = &reported{}
		d.state.Monitor[code] = alarm
	}
	alarm.Report = told
	if !told.Active {
		return
	}
	if len(alarm.Occurrences) == 0 {
		alarm.occurrence(told.Since)
	}
	alarm.Priority = max(alarm.Priority, told.Priority)
}

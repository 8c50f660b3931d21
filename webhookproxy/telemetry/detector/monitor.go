package detector

import (
	"maps"
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// monitorPrefix keeps the IDs of the monitor's alarms apart from those found here.
const monitorPrefix = "monitor/"

// maxOccurrences bounds what is remembered of one code. Monitors tell a few.
const maxOccurrences = 8

// reported is an alarm of the monitor's: one for each code, so that a monitor that
// gets its starts wrong pages once and not every second.
type reported struct {
	Report      report       `json:"report"`
	Priority    Priority     `json:"priority"` // the highest since it was raised
	Occurrences []occurrence `json:"occurrences"`
}

// occurrence is one time from start to end.
type occurrence struct {
	Start time.Time `json:"start"`
	Over  bool      `json:"over,omitzero"`
}

// hear takes the monitor's alarms in, in the order in which it lists them.
func (d *Detector) hear(alarms []reading.Alarm) []Transition {
	var told []Transition
	for _, alarm := range alarms {
		code := d.state.Monitor[alarm.Code]
		if code == nil {
			code = &reported{}
			d.state.Monitor[alarm.Code] = code
		}
		one := code.occurrence(alarm.Start)
		code.Priority = max(code.Priority, ofMonitor[alarm.Priority])
		told = append(told, d.settle(alarm.Code)...)
		if alarm.End != nil {
			one.Over = true
			told = append(told, d.settle(alarm.Code)...)
		}
	}
	return told
}

// occurrence finds the one with this start, or adds it.
func (r *reported) occurrence(start time.Time) *occurrence {
	for i := range r.Occurrences {
		if r.Occurrences[i].Start.Equal(start) {
			return &r.Occurrences[i]
		}
	}
	if len(r.Occurrences) == maxOccurrences {
		r.Occurrences = slices.Delete(r.Occurrences, r.leastNeeded(), r.leastNeeded()+1)
	}
	r.Occurrences = append(r.Occurrences, occurrence{Start: start})
	return &r.Occurrences[len(r.Occurrences)-1]
}

// leastNeeded is the first that is over, or the first.
func (r *reported) leastNeeded() int {
	return max(0, slices.IndexFunc(r.Occurrences, func(o occurrence) bool { return o.Over }))
}

// lasting returns the first occurrence that is not over, or nil.
func (r *reported) lasting() *occurrence {
	for i := range r.Occurrences {
		if !r.Occurrences[i].Over {
			return &r.Occurrences[i]
		}
	}
	return nil
}

func (r *reported) endAll() {
	for i := range r.Occurrences {
		r.Occurrences[i].Over = true
	}
}

// settle tells what has changed about one alarm of the monitor's.
func (d *Detector) settle(code string) []Transition {
	alarm := d.state.Monitor[code]
	one := alarm.lasting()
	if one == nil {
		alarm.Priority = 0
		return d.tell(&alarm.Report, monitorPrefix+code, code, Monitor, 0, time.Time{})
	}
	return d.tell(&alarm.Report, monitorPrefix+code, code, Monitor, alarm.Priority, one.Start)
}

// settleAll does so for those that Rebuild left to be told.
func (d *Detector) settleAll() []Transition {
	var told []Transition
	for _, code := range slices.Sorted(maps.Keys(d.state.Monitor)) {
		told = append(told, d.settle(code)...)
	}
	return told
}

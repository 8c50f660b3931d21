package staffpage

import (
	"fmt"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/detector"
)

// Names of values.
const (
	heartRate = "Heart rate"
	pressure  = "Blood pressure"
	qtc       = "QTc"
	spo2      = "SpO₂"
	battery   = "Monitor battery"
)

// From which age a value is stale. Those of the detector where it has one: a value
// that it no longer judges by must not look as if it did.
var staleAfter = map[string]time.Duration{
	heartRate: cardiac.StaleAfter,
	spo2:      10 * time.Second,
	qtc:       time.Minute,
	pressure:  detector.Window, // it is measured every few minutes
	battery:   detector.Window,
}

// values are the last ones that were known. The detector forgets what it does not
// judge by; the page shows it with its age.
type values map[string]seen

type seen struct {
	text string
	at   time.Time
	now  bool // the detector goes by it
}

func (v values) take(view detector.View) {
	v.put(heartRate, view, view.HeartRate, "%.0f")
	v.put(spo2, view, view.SpO2, "%.0f")
	v.put(qtc, view, view.QTc, "%.0f")
	v.put(battery, view, view.Battery, "%.0f")
	v.put(pressure, view, view.Systolic, "%.0f")
	if last := v[pressure]; last.now && view.Diastolic != nil {
		last.text = fmt.Sprintf("%s/%.0f", last.text, view.Diastolic.Value)
		v[pressure] = last
	}
}

func (v values) put(name string, view detector.View, found *detector.Value, form string) {
	if last, known := v[name]; known {
		last.now = false
		v[name] = last
	}
	if found != nil {
		v[name] = seen{text: fmt.Sprintf(form, found.Value), at: view.At.Add(-found.Age), now: true}
	}
}

// shownValue is a value as the page has it.
type shownValue struct {
	Name, Text, Unit string
	Known            bool
	Age, Limit       float64 // s
	AgeText          string
	Stale            bool
	Note             string
	Level            string // the priority of an alarm about it
}

// show lists a session's values.
func (f *follower) show(now time.Time) []shownValue {
	levels := f.levels()
	list := make([]shownValue, 0, 5)
	for _, one := range []struct{ name, unit string }{
		{heartRate, "/min"}, {pressure, "mmHg"}, {qtc, "ms"}, {spo2, "%"}, {battery, "%"},
	} {
		shown := shownValue{Name: one.name, Unit: one.unit, Limit: staleAfter[one.name].Seconds(), Level: levels[one.name]}
		if last, known := f.values[one.name]; known {
			age := max(0, now.Sub(last.at))
			shown.Known, shown.Text, shown.Age, shown.AgeText = true, last.text, age.Seconds(), ageText(age)
			shown.Stale = !last.now || age > staleAfter[one.name]
		}
		if one.name == qtc {
			shown.Note = f.qtcNote()
		}
		list = append(list, shown)
	}
	return list
}

func (f *follower) qtcNote() string {
	switch {
	case f.view.QTc == nil:
		return f.view.QTcStatus
	case f.view.QTcChange != nil:
		return fmt.Sprintf("%+.0f ms from baseline", f.view.QTcChange.Value)
	}
	return ""
}

// about says which value an alarm is about.
var about = map[string]string{
	detector.Asystole: heartRate, detector.Pause: heartRate, detector.HeartRateLow: heartRate, detector.HeartRateHigh: heartRate,
	detector.AtrialFib: heartRate, detector.NoHeartRate: heartRate, detector.QTcHigh: qtc, detector.QTcChange: qtc,
	detector.SystolicLow: pressure, detector.SystolicHigh: pressure, detector.BatteryLow: battery,
}

// levels are the highest priorities of the alarms that last, by value.
func (f *follower) levels() map[string]string {
	highest := map[string]detector.Priority{}
	for _, last := range f.alarms {
		if name := about[last.Code]; name != "" && last.Change != detector.Cleared && last.Origin != detector.Monitor {
			highest[name] = max(highest[name], last.Priority)
		}
	}
	levels := map[string]string{}
	for name, priority := range highest {
		levels[name] = priority.String()
	}
	return levels
}

// ageText is as the script writes it, in seconds or minutes.
func ageText(age time.Duration) string {
	if age < 2*time.Minute {
		return fmt.Sprintf("%d s ago", int(age.Seconds()))
	}
	return fmt.Sprintf("%d min ago", int(age.Minutes()))
}

package detector

import (
	"maps"
	"slices"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/reading"
)

// View is what the live page shows of a session.
type View struct {
	At      time.Time       `json:"at"`
	Armed   bool            `json:"armed"` // a valid ECG was there once; before, its alarms do not watch
	Stale   bool            `json:"stale"`
	Leads   reading.Leads   `json:"leads,omitzero"`
	Quality reading.Quality `json:"quality,omitzero"`

	HeartRate *Value `json:"heartRate,omitzero"` // per minute, as the alarms have it
	Systolic  *Value `json:"systolic,omitzero"`  // mmHg
	Diastolic *Value `json:"diastolic,omitzero"` // mmHg
	SpO2      *Value `json:"spo2,omitzero"`      // percent
	Battery   *Value `json:"battery,omitzero"`   // percent
	QTc       *Value `json:"qtc,omitzero"`       // ms by Fridericia; nil when it is not evaluable
	QTcChange *Value `json:"qtcChange,omitzero"` // ms above the baseline
	QTcStatus string `json:"qtcStatus"`          // "QTc evaluable", or why it is not

	Rhythm string   `json:"rhythm"` // whether it suggests atrial fibrillation: yes, no or unknown
	Alarms []Active `json:"alarms"` // the most urgent first
}

// Value is a value with its age.
type Value struct {
	Value float64       `json:"value"`
	Age   time.Duration `json:"age"`
}

// Active is an alarm whose condition lasts.
type Active struct {
	Alarm    string    `json:"alarm"`
	Code     string    `json:"code"`
	Origin   Origin    `json:"origin"`
	Priority Priority  `json:"priority"`
	Since    time.Time `json:"since"`
}

// View shows the state at the time of the last call.
func (d *Detector) View() View {
	m := d.look()
	v := View{
		At: d.state.Now, Armed: m.Armed, Stale: m.stale, Leads: m.Leads, Quality: m.Quality,
		Systolic: m.shown(systolic), Diastolic: m.shown(diastolic), SpO2: m.shown(spo2), Battery: m.shown(battery),
		QTcStatus: m.qtc.Status.String(), Rhythm: m.AF.String(), Alarms: d.active(),
	}
	if m.hasRate {
		v.HeartRate = &Value{Value: m.rate.Value, Age: m.monitor.Sub(m.rate.At)}
	}
	if m.qtc.Status == cardiac.Evaluable {
		qtc, _ := m.qtc.Value()
		v.QTc = &Value{Value: qtc, Age: m.qtc.Age}
		if change, ok := m.qtc.Change(d.config.Baseline); ok {
			v.QTcChange = &Value{Value: change, Age: m.qtc.Age}
		}
	}
	return v
}

func (m *moment) shown(kind string) *Value {
	found, ok := m.value(kind, m.monitor, Window)
	if !ok {
		return nil
	}
	return &Value{Value: found.Value, Age: m.monitor.Sub(found.At)}
}

// active lists the alarms by priority, and within one in the order of the rules.
func (d *Detector) active() []Active {
	found := []Active{}
	add := func(r report, id, code string, origin Origin) {
		if r.Active {
			found = append(found, Active{Alarm: id, Code: code, Origin: origin, Priority: r.Priority, Since: r.Since})
		}
	}
	for _, code := range slices.Sorted(maps.Keys(d.state.Monitor)) {
		add(d.state.Monitor[code].Report, monitorPrefix+code, code, Monitor)
	}
	for _, rule := range rules {
		add(d.state.Alarms[rule.code].Report, rule.code, rule.code, rule.origin)
	}
	slices.SortStableFunc(found, func(a, b Active) int { return int(b.Priority) - int(a.Priority) })
	return found
}

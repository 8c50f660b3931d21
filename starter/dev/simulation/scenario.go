package simulation

import (
	"slices"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
)

// Phase is a stretch of a guest's life on the monitor.
type Phase struct {
	Lasts time.Duration
	// Rate is in beats per minute; 0 is standstill.
	Rate float64
	// Irregular: no interval tells the next one, as in atrial fibrillation.
	Irregular bool
	QTc       float64 // ms, by Fridericia
	Systolic  float64 // mmHg
	SpO2      float64 // percent
	LeadsOff  bool
	// Silent: the gateway is out of reach, and nothing comes, now or later.
	Silent bool
	// Alarm is the code of an alarm that the monitor itself raises, of high
	// priority; empty is none.
	Alarm string
}

// Scenario is a session of one guest.
type Scenario struct {
	Name    string
	Summary string
	Phases  []Phase
	// Raises are the codes of alarms that it must raise; Brings, those that may come
	// with them. No other one calls anybody.
	Raises, Brings []string
}

// Length is how long it lasts; after it the last phase goes on.
func (s Scenario) Length() time.Duration {
	var sum time.Duration
	for _, phase := range s.Phases {
		sum += phase.Lasts
	}
	return sum
}

// at returns the phase at a time of the scenario, and when it began.
func (s Scenario) at(since time.Duration) (Phase, time.Duration) {
	var begun time.Duration
	for i, phase := range s.Phases {
		if since < begun+phase.Lasts || i == len(s.Phases)-1 {
			return phase, begun
		}
		begun += phase.Lasts
	}
	return Phase{}, 0
}

// calm is a guest who rests.
var calm = Phase{Lasts: 20 * time.Second, Rate: 72, QTc: 415, Systolic: 118, SpO2: 98}

// then is calm with a change, for some time.
func then(lasts time.Duration, change func(*Phase)) Phase {
	phase := calm
	phase.Lasts = lasts
	change(&phase)
	return phase
}

// Scenarios lists them all.
func Scenarios() []Scenario {
	const event = 40 * time.Second
	after := then(time.Minute, func(*Phase) {})
	of := func(name, summary string, raises []string, change func(*Phase)) Scenario {
		return Scenario{Name: name, Summary: summary, Raises: raises, Phases: []Phase{calm, then(event, change), after}}
	}
	list := []Scenario{
		{Name: "calm", Summary: "a guest who rests", Phases: []Phase{calm}},
		of("bradycardia", "72 to 35 beats a minute", []string{detector.HeartRateLow}, func(p *Phase) { p.Rate, p.QTc = 35, 420 }),
		of("tachycardia", "72 to 140 beats a minute", []string{detector.HeartRateHigh}, func(p *Phase) { p.Rate = 140 }),
		of("asystole", "the heart stands still for 12 s", []string{detector.Asystole}, func(p *Phase) { p.Rate, p.Lasts = 0, 12*time.Second }),
		of("long-qt", "QTc 415 to 530 ms", []string{detector.QTcHigh}, func(p *Phase) { p.QTc = 530 }),
		of("hypotension", "118 to 72 mmHg", []string{detector.SystolicLow}, func(p *Phase) { p.Systolic = 72 }),
		of("lead-off", "the electrodes come off", []string{detector.LeadOff}, func(p *Phase) { p.LeadsOff = true }),
		of("silent", "the gateway is out of reach", []string{detector.StreamStale}, func(p *Phase) { p.Silent = true }),
		of("fibrillation", "the monitor itself reports ventricular fibrillation", []string{"vf"}, func(p *Phase) { p.Alarm, p.Rate = "vf", 90 }),
	}
	brings := map[string]string{"asystole": detector.Pause, "long-qt": detector.QTcChange}
	for i := range list {
		if code := brings[list[i].Name]; code != "" {
			list[i].Brings = []string{code}
		}
	}
	return list
}

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	all := Scenarios()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		return Scenario{}, false
	}
	return all[i], true
}

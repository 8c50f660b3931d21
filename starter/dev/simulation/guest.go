package simulation

import (
	"math"
	"math/rand/v2"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// pressureEvery is how often the cuff measures.
const pressureEvery = 10 * time.Second

// Guest is one guest on one monitor.
type Guest struct {
	device   string
	scenario Scenario
	start    time.Time
	heart    *heart
	sequence uint64
	strips   bool
	alarm    *reading.Alarm // the monitor's own, while it lasts and ten seconds after
}

// NewGuest begins a scenario at a time of the monitor's clock. The seed tells one
// guest's heart from another's. With strips every batch has a second of ECG.
func NewGuest(device string, scenario Scenario, start time.Time, seed uint64, strips bool) *Guest {
	start = start.Truncate(time.Microsecond)
	return &Guest{
		device: device, scenario: scenario, start: start, strips: strips,
		heart: newHeart(scenario, rand.New(rand.NewPCG(seed, 0)), start), //nolint:gosec // a simulation is to be repeated
		// As a gateway does that cannot keep its number over a restart.
		sequence: uint64(start.UnixMilli()), //nolint:gosec // after 1970
	}
}

// Next makes the batch of the second that ends at a time; false: nothing is sent.
func (g *Guest) Next(at time.Time) (reading.Batch, bool) {
	at = at.Truncate(time.Microsecond)
	since := at.Sub(g.start)
	phase, _ := g.scenario.at(since)
	beats := g.heart.until(at)
	if phase.Silent {
		return reading.Batch{}, false
	}
	g.sequence++
	sample := reading.Sample{At: at, Leads: reading.LeadsOn, Quality: reading.Good, Battery: new(80.0)}
	if phase.LeadsOff {
		sample.Leads, sample.Quality = reading.LeadsOff, reading.Unusable
	} else {
		g.measure(&sample, phase, recent(beats, at))
	}
	sample.SpO2 = new(phase.SpO2)
	if since%pressureEvery < time.Second {
		sample.Systolic, sample.Diastolic = new(phase.Systolic), new(math.Round(phase.Systolic*0.63))
	}
	batch := reading.Batch{Device: g.device, Sequence: g.sequence, Samples: []reading.Sample{sample}, Alarms: g.alarms(phase, at)}
	if g.strips && !phase.LeadsOff {
		batch.ECG = []reading.Strip{strip(at.Add(-time.Second), sample.Beats, g.heart.last)}
	}
	return batch, true
}

// measure adds what the ECG says.
func (g *Guest) measure(sample *reading.Sample, phase Phase, beats []reading.Beat) {
	sample.Beats = beats
	if phase.Rate == 0 || len(beats) == 0 {
		return
	}
	rr := 60_000 / phase.Rate
	sample.HeartRate = new(phase.Rate)
	sample.QT = &reading.QT{Ms: math.Round(phase.QTc * math.Cbrt(rr/1000)), RRMs: rr, QRSMs: 92}
}

// recent leaves out the beats of a time in which nothing was sent: they are lost.
func recent(beats []reading.Beat, at time.Time) []reading.Beat {
	for len(beats) > 0 && at.Sub(beats[0].At) > 2*time.Second {
		beats = beats[1:]
	}
	return beats
}

// alarms are the monitor's own: each batch has them while they last, and their end
// for ten seconds.
func (g *Guest) alarms(phase Phase, at time.Time) []reading.Alarm {
	switch {
	case phase.Alarm != "" && g.alarm == nil:
		g.alarm = &reading.Alarm{Code: phase.Alarm, Priority: reading.High, Start: at}
	case phase.Alarm == "" && g.alarm != nil && g.alarm.End == nil:
		g.alarm.End = new(at)
	case g.alarm != nil && g.alarm.End != nil && at.Sub(*g.alarm.End) > 10*time.Second:
		g.alarm = nil
	}
	if g.alarm == nil {
		return nil
	}
	return []reading.Alarm{*g.alarm}
}

package detector

import (
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// Codes of the alarms that are found here.
const (
	Asystole         = "asystole"
	Pause            = "pause"
	HeartRateLow     = "heart-rate-low"
	HeartRateHigh    = "heart-rate-high"
	AtrialFib        = "af"
	QTcHigh          = "qtc-high"
	QTcChange        = "qtc-change"
	SystolicLow      = "systolic-low"
	SystolicHigh     = "systolic-high"
	LeadOff          = "lead-off"
	SignalUnusable   = "signal-unusable"
	NoHeartRate      = "no-heart-rate"
	StreamStale      = "stream-stale"
	SequenceGap      = "sequence-gap"
	UnassignedDevice = "unassigned-device"
	QTcNotEvaluable  = "qtc-not-evaluable"
	BatteryLow       = "battery-low"
)

// On-delays: how long a condition lasts before it is an alarm. A critical one is
// an alarm within ten seconds of the change of the heart, which leaves this much;
// a warning has the fifteen seconds with which arrhythmic records gave one or two
// an hour instead of more than forty.
const (
	atOnce       = time.Duration(0)
	criticalLow  = 2 * time.Second
	criticalHigh = 4 * time.Second
	warningDelay = 15 * time.Second
	rhythmDelay  = 4 * time.Second
	noRate       = 30 * time.Second
	notEvaluable = time.Minute
)

// Hystereses, in the unit of the value.
const (
	rateHysteresis     = 5.0
	pressureHysteresis = 5.0
	qtcHysteresis      = 10.0
	batteryHysteresis  = 5.0
)

// batteryLimit, in percent, is what leaves time to change the monitor.
const batteryLimit = 20.0

// eventLasts is for how long something that happens at an instant is found.
const eventLasts = time.Second

// judged is what a rule finds, by priority. A priority that a rule does not have
// stays unknown.
type judged struct {
	low, warning, critical finding
	since                  time.Time // when the value came to be so, by the caller's clock; zero is now
}

func (j judged) byPriority() [3]finding { return [3]finding{j.low, j.warning, j.critical} }

// rule is one alarm that is found here.
type rule struct {
	code   string
	origin Origin
	delay  delays
	judge  func(*moment) judged
}

// delays are those of a rule's low, warning and critical alarm; never is a
// priority that the rule does not have.
type delays [3]time.Duration

const never = time.Duration(-1)

var (
	low  = delays{never, warningDelay, criticalLow}
	high = delays{never, warningDelay, criticalHigh}
	lost = delays{atOnce, atOnce, never}
)

// rules are in the order in which transitions of one instant come out: the most
// urgent first.
var rules = []rule{
	{Asystole, Physiological, delays{never, never, atOnce}, func(m *moment) judged { return judged{critical: m.ecg(m.rhythm.Asystole)} }},
	{HeartRateLow, Physiological, low, tooLow(heartRateOf, heartRateBand, rateHysteresis)},
	{HeartRateHigh, Physiological, high, tooHigh(heartRateOf, heartRateBand, rateHysteresis)},
	{QTcHigh, Physiological, high, tooHigh(qtcOf, qtcBand, qtcHysteresis)},
	{SystolicLow, Physiological, low, tooLow(systolicOf, systolicBand, pressureHysteresis)},
	{SystolicHigh, Physiological, high, tooHigh(systolicOf, systolicBand, pressureHysteresis)},
	{Pause, Physiological, delays{never, atOnce, never}, func(m *moment) judged { return judged{warning: m.ecg(m.rhythm.Pause)} }},
	// Raised at the onset and cleared at the termination: both come out, and
	// nothing in between.
	{AtrialFib, Physiological, delays{never, rhythmDelay, never},
		func(m *moment) judged { return judged{warning: m.ecg(m.AF)} }},
	{QTcChange, Physiological, delays{never, warningDelay, never}, judgeQTcChange},
	{StreamStale, Technical, lost, judgeStale},
	{LeadOff, Technical, lost, func(m *moment) judged { return m.newest(m.Leads == reading.LeadsOff) }},
	{SignalUnusable, Technical, lost, func(m *moment) judged { return m.newest(m.Leads == reading.LeadsOn && m.Quality == reading.Unusable) }},
	{NoHeartRate, Technical, delays{never, noRate, never}, judgeNoRate},
	{UnassignedDevice, Technical, delays{never, atOnce, never}, func(m *moment) judged { return judged{warning: m.happened(m.lastUnassigned)} }},
	{QTcNotEvaluable, Technical, delays{notEvaluable, notEvaluable, never}, judgeEvaluable},
	{SequenceGap, Technical, delays{atOnce, never, never}, func(m *moment) judged { return judged{low: m.happened(m.lastGap)} }},
	{BatteryLow, Technical, delays{atOnce, never, never}, judgeBattery},
}

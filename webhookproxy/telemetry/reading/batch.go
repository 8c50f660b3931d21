package reading

import (
	"time"

	"github.com/go-json-experiment/json"
)

// Batch is one request of a gateway.
type Batch struct {
	Device   string   `json:"device"`
	Sequence uint64   `json:"sequence"`
	Backfill bool     `json:"backfill,omitzero"` // sent late; never judged live
	Samples  []Sample `json:"samples,omitempty"` // oldest first
	Alarms   []Alarm  `json:"alarms,omitempty"`  // the monitor's own
	ECG      []Strip  `json:"ecg,omitempty"`
}

// Sample is what the monitor knew at one instant. A value that is nil was not
// measured, which is not zero.
type Sample struct {
	At        time.Time `json:"at"`
	Leads     Leads     `json:"leads"`
	Quality   Quality   `json:"quality,omitzero"`
	HeartRate *float64  `json:"heartRate,omitzero"` // per minute, by the monitor
	Beats     []Beat    `json:"beats,omitempty"`    // since the sample before, oldest first
	QT        *QT       `json:"qt,omitzero"`
	Systolic  *float64  `json:"systolic,omitzero"`  // mmHg; in the sample in which it was measured
	Diastolic *float64  `json:"diastolic,omitzero"` // mmHg; only with Systolic
	SpO2      *float64  `json:"spo2,omitzero"`      // percent
	Battery   *float64  `json:"battery,omitzero"`   // percent left in the monitor
}

// Leads says whether the ECG leads are on the guest.
type Leads string

// States of the leads.
const (
	LeadsOn  Leads = "on"
	LeadsOff Leads = "off"
)

// Quality is the monitor's opinion of its ECG signal; empty is none.
type Quality string

// Qualities. Unusable means that no beat can be found in the signal: it is
// treated like leads that are off. Poor is shown and judged as any other.
const (
	Good     Quality = "good"
	Poor     Quality = "poor"
	Unusable Quality = "unusable"
)

// Beat is one heart beat.
type Beat struct {
	At   time.Time `json:"at"`            // of the R wave
	RRMs *float64  `json:"rrMs,omitzero"` // since the beat before, in ms; nil when that one was not seen
	Kind Kind      `json:"kind,omitzero"`
}

// Kind is where a beat comes from; empty when the monitor does not tell.
type Kind string

// Kinds of beat.
const (
	Normal  Kind = "normal"
	Ectopic Kind = "ectopic" // premature, ventricular, escape or paced
)

// QT is a QT interval, or a QTc where Formula names how it was corrected.
type QT struct {
	Ms      float64 `json:"ms"`
	Formula Formula `json:"formula,omitzero"`
	RRMs    float64 `json:"rrMs"`           // that it was measured at; 60000 / heart rate where the monitor tells only that
	QRSMs   float64 `json:"qrsMs,omitzero"` // 0 when the monitor does not report it
}

// Formula is how the monitor corrected its QTc; empty is an uncorrected QT.
type Formula string

// Formulas.
const (
	Bazett     Formula = "bazett"
	Fridericia Formula = "fridericia"
	Framingham Formula = "framingham"
	Hodges     Formula = "hodges"
)

// Alarm is an alarm that the monitor itself has raised. Start tells one from the
// next of the same code.
type Alarm struct {
	Code     string     `json:"code"`
	Priority Priority   `json:"priority"`
	Start    time.Time  `json:"start"`
	End      *time.Time `json:"end,omitzero"` // nil while it lasts
}

// Priority is that of IEC 60601-1-8.
type Priority string

// Priorities.
const (
	Low    Priority = "low"
	Medium Priority = "medium"
	High   Priority = "high"
)

// Strip is a stretch of ECG from one lead. A value in microvolts is Microvolts
// times the unit.
type Strip struct {
	Lead       string    `json:"lead"`
	At         time.Time `json:"at"` // of the first unit
	RateHz     float64   `json:"rateHz"`
	Microvolts float64   `json:"microvolts"` // per unit
	Units      []int16   `json:"units"`
}

// Encode writes a batch as it goes over the wire.
func Encode(batch Batch) ([]byte, error) { return json.Marshal(batch) }

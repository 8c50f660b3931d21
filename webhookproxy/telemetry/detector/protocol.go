package detector

import (
	"cmp"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Band is where a value is as it should be: outside of the warning limits it is a
// warning, outside of the critical ones critical. A value at a limit is inside.
type Band struct {
	CriticalLow  float64 `json:"criticalLow"`
	WarningLow   float64 `json:"warningLow"`
	WarningHigh  float64 `json:"warningHigh"`
	CriticalHigh float64 `json:"criticalHigh"`
}

// Ceiling is a Band without a lower end.
type Ceiling struct {
	Warning  float64 `json:"warning"`
	Critical float64 `json:"critical"`
}

// Protocol is what a session is watched by. Limits that are not the defaults name
// who signed them, and when.
type Protocol struct {
	Name      string    `json:"name"`
	HeartRate Band      `json:"heartRate"` // per minute
	Systolic  Band      `json:"systolic"`  // mmHg
	QTc       Ceiling   `json:"qtc"`       // ms, by Fridericia
	QTcChange float64   `json:"qtcChange"` // ms above the guest's baseline, from which it is a warning
	SignedBy  string    `json:"signedBy,omitzero"`
	SignedAt  time.Time `json:"signedAt,omitzero"`
}

// Default returns the mission's limits.
func Default() Protocol {
	return Protocol{
		Name:      "default",
		HeartRate: Band{CriticalLow: 40, WarningLow: 50, WarningHigh: 100, CriticalHigh: 120},
		Systolic:  Band{CriticalLow: 80, WarningLow: 90, WarningHigh: 150, CriticalHigh: 180},
		QTc:       Ceiling{Warning: 450, Critical: 500},
		QTcChange: 60,
	}
}

// Order is a protocol as a session is given it: a code, who signed it, and the
// limits that differ from the defaults.
type Order struct {
	Code     string    `json:"code"`
	SignedBy string    `json:"signedBy"`
	SignedAt time.Time `json:"signedAt"`
	// Thresholds are an object such as {"qtc": {"warning": 470, "critical": 500}};
	// what it leaves out stays as it is by default, and so does everything if it is
	// empty.
	Thresholds jsontext.Value `json:"thresholds,omitzero"`
}

// thresholds are what an order may change.
type thresholds struct {
	HeartRate Band    `json:"heartRate"`
	Systolic  Band    `json:"systolic"`
	QTc       Ceiling `json:"qtc"`
	QTcChange float64 `json:"qtcChange"`
}

// Protocol is what the order asks for, the default if it asks for nothing; or an
// error in one line that names the limit: nobody has signed it by now, or it would
// switch an alarm off.
func (o Order) Protocol(now time.Time) (Protocol, error) {
	p := Default()
	if o.Code == "" && len(o.Thresholds) > 0 {
		return Protocol{}, errors.New("protocol: code: missing")
	}
	p.Name, p.SignedBy, p.SignedAt = cmp.Or(o.Code, p.Name), o.SignedBy, o.SignedAt
	limits := thresholds{p.HeartRate, p.Systolic, p.QTc, p.QTcChange}
	if len(o.Thresholds) > 0 {
		if err := json.Unmarshal(o.Thresholds, &limits, json.RejectUnknownMembers(true)); err != nil {
			return Protocol{}, errors.New("protocol: thresholds: want an object of heartRate, systolic, qtc, qtcChange, and nothing else")
		}
	}
	p.HeartRate, p.Systolic, p.QTc, p.QTcChange = limits.HeartRate, limits.Systolic, limits.QTc, limits.QTcChange
	return p, p.Check(now)
}

var errUnsigned = errors.New("protocol: limits other than the defaults need signedBy and signedAt, which is not in the future")

// Check refuses limits that nobody has signed by now, and limits that would switch
// an alarm off: their ends are as wide as an alarm still means something.
func (p Protocol) Check(now time.Time) error {
	if p != Default() && (p.SignedBy == "" || p.SignedAt.IsZero() || p.SignedAt.After(now)) {
		return errUnsigned
	}
	switch {
	case !p.HeartRate.ordered(25, 220):
		return errors.New("protocol: heartRate: want 25 <= criticalLow < warningLow < warningHigh < criticalHigh <= 220 per minute")
	case !p.Systolic.ordered(50, 250):
		return errors.New("protocol: systolic: want 50 <= criticalLow < warningLow < warningHigh < criticalHigh <= 250 mmHg")
	case !rising(400, p.QTc.Warning, p.QTc.Critical, 600):
		return errors.New("protocol: qtc: want 400 <= warning < critical <= 600 ms")
	case !rising(20, p.QTcChange, 120):
		return errors.New("protocol: qtcChange: want 20 to 120 ms")
	}
	return nil
}

func (b Band) ordered(least, most float64) bool {
	return rising(least, b.CriticalLow, b.WarningLow, b.WarningHigh, b.CriticalHigh, most)
}

// rising is false when a limit is NaN, and when two limits are the same. The ends
// may be reached.
func rising(values ...float64) bool {
	last := len(values) - 1
	for i := 1; i <= last; i++ {
		end := i == 1 || i == last
		if !(values[i-1] < values[i] || end && values[i-1] == values[i]) {
			return false
		}
	}
	return true
}

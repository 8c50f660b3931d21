package detector

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
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

// override is one protocol as it stands in a file: what it leaves out stays as it
// is by default.
type override struct {
	Name      string    `json:"name"`
	HeartRate *Band     `json:"heartRate"`
	Systolic  *Band     `json:"systolic"`
	QTc       *Ceiling  `json:"qtc"`
	QTcChange *float64  `json:"qtcChange"`
	SignedBy  string    `json:"signedBy"`
	SignedAt  time.Time `json:"signedAt"`
}

// ParseProtocols reads a JSON list of protocols, such as
//
//	[{"name": "long-qt", "qtc": {"warning": 470, "critical": 500},
//	  "signedBy": "staff/12", "signedAt": "2026-05-01T10:00:00Z"}]
//
// and refuses one that nobody has signed by now. The result always has the default.
func ParseProtocols(data []byte, now time.Time) (map[string]Protocol, error) {
	var overrides []override
	if err := json.Unmarshal(data, &overrides, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("protocols: want a JSON list of protocols: %w", err)
	}
	protocols := map[string]Protocol{Default().Name: Default()}
	for i, one := range overrides {
		protocol := one.protocol()
		if _, twice := protocols[protocol.Name]; twice || protocol.Name == "" {
			return nil, fmt.Errorf("protocols: entry %d: want a name of its own, and not %q", i+1, Default().Name)
		}
		if err := protocol.Check(now); err != nil {
			return nil, fmt.Errorf("protocols: entry %d: %w", i+1, err)
		}
		protocols[protocol.Name] = protocol
	}
	return protocols, nil
}

func (o override) protocol() Protocol {
	p := Default()
	p.Name, p.SignedBy, p.SignedAt = o.Name, o.SignedBy, o.SignedAt
	replace(&p.HeartRate, o.HeartRate)
	replace(&p.Systolic, o.Systolic)
	replace(&p.QTc, o.QTc)
	replace(&p.QTcChange, o.QTcChange)
	return p
}

func replace[T any](value *T, with *T) {
	if with != nil {
		*value = *with
	}
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

package cardiac

import (
	"errors"
	"math"
	"time"
)

// Formula is a way to correct the QT interval for the heart rate.
type Formula uint8

// Formulas, with QT in ms, RR in s and HR in 1/min. Alarms use Fridericia only:
// Bazett overcorrects at high rates (QT 380 ms at 110/min is 514 by Bazett, 465
// by Fridericia). The others are for the record and for monitors that report
// them.
const (
	Bazett     Formula = iota + 1 // QT / RR^(1/2)
	Fridericia                    // QT / RR^(1/3)
	Framingham                    // QT + 154 (1 - RR)
	Hodges                        // QT + 1.75 (HR - 60)
)

// String returns the author's name.
func (f Formula) String() string {
	switch f {
	case Bazett:
		return "Bazett"
	case Fridericia:
		return "Fridericia"
	case Framingham:
		return "Framingham"
	case Hodges:
		return "Hodges"
	default:
		return "unknown formula"
	}
}

// Limits of QT and QTc, in ms: what lies outside is a mismeasured T wave. They
// are wide, because a false QTc alarm is better than a long QT taken for an
// artefact.
const (
	MinQT = 200.0
	MaxQT = 1000.0
)

// Errors of Correct and Uncorrect. They name no value.
var (
	ErrQT      = errors.New("QT or QTc is not within 200 to 1000 ms: take the reading as missing")
	ErrRR      = errors.New("RR is not within 0.2 to 10 s: take the reading as missing")
	ErrFormula = errors.New("unknown QTc formula: want Bazett, Fridericia, Framingham or Hodges")
)

// Correct returns the QTc in ms of a QT in ms at the interval RR. It errors when
// QT or RR is outside its limits, or when the linear formulas leave them at an
// extreme rate.
func (f Formula) Correct(qt float64, rr time.Duration) (float64, error) {
	return f.convert(qt, rr, 1)
}

// Uncorrect returns the QT in ms of a QTc in ms, for monitors that report only a
// QTc: by their formula back to QT, and from there to Fridericia. It errors as
// Correct does.
func (f Formula) Uncorrect(qtc float64, rr time.Duration) (float64, error) {
	return f.convert(qtc, rr, -1)
}

// convert applies the formula forwards (+1) or backwards (-1).
func (f Formula) convert(ms float64, rr time.Duration, direction float64) (float64, error) {
	if !plausibleQT(ms) {
		return 0, ErrQT
	}
	if rr < MinRR || rr > MaxRR {
		return 0, ErrRR
	}
	seconds := rr.Seconds()
	var converted float64
	switch f {
	case Bazett:
		converted = ms * math.Pow(seconds, -direction/2)
	case Fridericia:
		converted = ms * math.Pow(seconds, -direction/3)
	case Framingham:
		converted = ms + direction*154*(1-seconds)
	case Hodges:
		converted = ms + direction*1.75*(60/seconds-60)
	default:
		return 0, ErrFormula
	}
	if !plausibleQT(converted) {
		return 0, ErrQT
	}
	return converted, nil
}

// plausibleQT is false for NaN and infinities too.
func plausibleQT(ms float64) bool { return MinQT <= ms && ms <= MaxQT }

package cardiac

import (
	"slices"
	"time"
)

// QTReading is one QT measurement. Slices of readings are oldest first.
type QTReading struct {
	At  time.Time
	QT  float64       // ms, uncorrected; see Uncorrect for monitors that report QTc
	RR  time.Duration // that the monitor measured it at
	QRS float64       // duration in ms; 0 when the monitor does not report it
}

// A single QT is too inexact to alarm on (experts differ by up to 28 ms), so the
// alarm quantity is a median over both at least eight readings and at least 10 s
// of them, the newest for which both hold.
const (
	qtReadings = 8
	qtSpan     = 10 * time.Second
)

// QTHorizon is the greatest age of a reading: eight beats of 30/min and as much
// again for the ones that do not count.
const QTHorizon = 30 * time.Second

// WideQRSFrom is the QRS duration, in ms, from which QT measures the conduction
// and no longer the repolarisation.
const WideQRSFrom = 120.0

// Rates outside 30 to 150/min are not corrected for an alarm: faster, the T wave
// runs into the next beat; slower, every formula is far outside the data that it
// was made from.
const (
	qtShortestRR = time.Minute / 150
	qtLongestRR  = time.Minute / 30
)

// Status says whether a QTc can be judged, and if not, why.
type Status uint8

// Statuses. The zero value is that of a QTc that nobody has judged.
const (
	NotJudged Status = iota
	Evaluable
	AtrialFibrillation // RR changes from beat to beat: no formula holds
	WideQRS            // in more than half of the readings
	RateOutOfRange     // in more than half of the readings
	TooFewReadings     // plausible, narrow and recent ones
)

// String returns what the view and the record show.
func (s Status) String() string {
	switch s {
	case Evaluable:
		return "QTc evaluable"
	case AtrialFibrillation:
		return "QTc not evaluable: rhythm suggests atrial fibrillation"
	case WideQRS:
		return "QTc not evaluable: wide QRS"
	case RateOutOfRange:
		return "QTc not evaluable: heart rate not within 30 to 150/min"
	case TooFewReadings:
		return "QTc not evaluable: too few readings"
	default:
		return "QTc not evaluable: not judged"
	}
}

// QTc is the alarm quantity, or the reason why there is none. Its value can only
// be had together with the answer whether it is one, so that no zero passes for
// a normal QTc.
type QTc struct {
	Status   Status
	Readings int           // that the median stands on
	Span     time.Duration // from the oldest to the newest of them
	Age      time.Duration // of the newest of them
	median   float64
}

// Value returns the median QTc by Fridericia in ms; false unless Evaluable.
func (q QTc) Value() (float64, bool) { return q.median, q.Status == Evaluable }

// Change returns the difference in ms to the guest's baseline, which is a QTc by
// Fridericia too. It reports false when there is no QTc, or no plausible
// baseline.
func (q QTc) Change(baseline float64) (float64, bool) {
	if q.Status != Evaluable || !plausibleQT(baseline) {
		return 0, false
	}
	return q.median - baseline, true
}

// JudgeQTc returns the QTc at the time now. af is the verdict of
// JudgeIrregularity: Unknown is taken as "no", because in its first two minutes
// a session would have no QTc alarm otherwise.
func JudgeQTc(readings []QTReading, af Verdict, now time.Time) QTc {
	if af == Yes {
		return QTc{Status: AtrialFibrillation}
	}
	tally := qtTally{values: make([]float64, 0, 32)} // ten seconds at 150/min fit
	for i := len(readings) - 1; i >= 0 && !tally.enough(); i-- {
		if now.Sub(readings[i].At) > QTHorizon {
			break
		}
		tally.count(readings[i])
	}
	return tally.judge(now)
}

// qtTally collects readings, newest first, until there are enough.
type qtTally struct {
	values         []float64 // corrected, of those that count
	newest, oldest time.Time // of those
	wide, outside  int
}

func (t *qtTally) enough() bool {
	return len(t.values) >= qtReadings && t.span() >= qtSpan
}

func (t *qtTally) span() time.Duration { return t.newest.Sub(t.oldest) }

// count takes a reading in. An implausible one is as good as none.
func (t *qtTally) count(r QTReading) {
	corrected, err := Fridericia.Correct(r.QT, r.RR)
	switch {
	case err != nil:
	case r.RR < qtShortestRR || r.RR > qtLongestRR:
		t.outside++
	case r.QRS >= WideQRSFrom:
		t.wide++
	default:
		if len(t.values) == 0 {
			t.newest = r.At
		}
		t.oldest = r.At
		t.values = append(t.values, corrected)
	}
}

func (t *qtTally) judge(now time.Time) QTc {
	half := (len(t.values) + t.wide + t.outside) / 2
	switch {
	case t.outside > half:
		return QTc{Status: RateOutOfRange}
	case t.wide > half:
		return QTc{Status: WideQRS}
	case !t.enough():
		return QTc{Status: TooFewReadings}
	}
	return QTc{Status: Evaluable, Readings: len(t.values), Span: t.span(), Age: now.Sub(t.newest), median: median(t.values)}
}

// median sorts the values in place.
func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

package reading

import (
	"math"
	"time"

	"guestjourney/internal/cardiac"
)

// beatKinds are what a monitor calls a beat; one that it does not classify is of
// cardiac's zero kind.
var beatKinds = map[Kind]cardiac.BeatKind{Normal: cardiac.Normal, Ectopic: cardiac.Ectopic}

// Judged is the beat in the terms in which it is judged. afterGap says that beats
// may be missing before it; the interval to the one before means nothing then.
func (b Beat) Judged(afterGap bool) cardiac.Beat {
	one := cardiac.Beat{At: b.At, Kind: beatKinds[b.Kind], AfterGap: afterGap || b.RRMs == nil}
	if !one.AfterGap {
		one.RR = interval(*b.RRMs)
	}
	return one
}

// correctedBy are the formulas by which a monitor may have corrected a QT.
var correctedBy = map[Formula]cardiac.Formula{
	Bazett: cardiac.Bazett, Fridericia: cardiac.Fridericia, Framingham: cardiac.Framingham, Hodges: cardiac.Hodges,
}

// JudgedQT is the sample's QT in the terms in which it is judged: one that the
// monitor has corrected is brought back to what it measured. There is none if the
// sample has none, or one that its formula cannot have made.
func (s Sample) JudgedQT() (cardiac.QTReading, bool) {
	if s.QT == nil {
		return cardiac.QTReading{}, false
	}
	one := cardiac.QTReading{At: s.At, QT: s.QT.Ms, RR: interval(s.QT.RRMs), QRS: s.QT.QRSMs}
	if s.QT.Formula == "" {
		return one, true
	}
	measured, err := correctedBy[s.QT.Formula].Uncorrect(s.QT.Ms, one.RR)
	one.QT = measured
	return one, err == nil
}

// interval has microseconds, like every time of a batch.
func interval(ms float64) time.Duration {
	return time.Duration(math.Round(ms*1000)) * time.Microsecond
}

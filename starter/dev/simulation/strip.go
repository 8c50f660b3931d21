package simulation

import (
	"math"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

const (
	stripRate  = 250 // Hz
	microvolts = 2.5 // per unit
)

// wave is a bump of the ECG: its height in millivolts, and centre and width in
// seconds from the R wave.
type wave struct{ height, centre, width float64 }

// waves are P, Q, R, S and T, as they look in lead II.
var waves = []wave{{0.15, -0.17, 0.025}, {-0.12, -0.025, 0.008}, {1.1, 0, 0.011}, {-0.22, 0.028, 0.010}, {0.28, 0.26, 0.045}}

// strip draws the second from a time on. Beats around it shape it: those of the
// second and the last one before.
func strip(from time.Time, beats []reading.Beat, last time.Time) reading.Strip {
	units := make([]int16, stripRate)
	for i := range units {
		at := from.Add(time.Duration(i) * time.Second / stripRate)
		millivolts := near(at, last)
		for _, beat := range beats {
			if !beat.At.Equal(last) {
				millivolts += near(at, beat.At)
			}
		}
		units[i] = int16(math.Round(millivolts * 1000 / microvolts))
	}
	return reading.Strip{Lead: "II", At: from, RateHz: stripRate, Microvolts: microvolts, Units: units}
}

// near is what a beat adds at a time, in millivolts.
func near(at, beat time.Time) (millivolts float64) {
	for _, w := range waves {
		x := (at.Sub(beat).Seconds() - w.centre) / w.width
		millivolts += w.height * math.Exp(-x*x/2)
	}
	return millivolts
}

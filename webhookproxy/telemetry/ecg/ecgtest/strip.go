// Package ecgtest makes ECG for tests.
//
// Called by tests and benchmarks only. It promises strips that look to a packer like
// a monitor's: beats, a wandering baseline and noise, in units of 5 microvolts; and
// the same strip for the same arguments.
package ecgtest

import (
	"hash/crc32"
	"math"
	"math/rand/v2"
	"time"

	"guestjourney/webhookproxy/telemetry/reading"
)

// wave is a bump in a beat: its height in microvolts, when it is at its highest and
// how wide it is, in seconds.
type wave struct{ height, at, width float64 }

var beat = []wave{{120, 0.16, 0.025}, {-110, 0.285, 0.010}, {1100, 0.31, 0.011}, {-240, 0.335, 0.010}, {280, 0.56, 0.050}}

const (
	period = 0.84 // seconds from beat to beat
	noise  = 10.0 // microvolts, standard deviation
	wander = 150.0
	scale  = 5.0 // microvolts per unit
)

// Strip returns a number of units of a lead from a time on.
func Strip(lead string, at time.Time, rateHz float64, units int) reading.Strip {
	random := rand.New(rand.NewPCG(uint64(at.UnixMicro()), uint64(crc32.ChecksumIEEE([]byte(lead))))) // no two leads have the same noise
	strip := reading.Strip{Lead: lead, At: at, RateHz: rateHz, Microvolts: scale, Units: make([]int16, units)}
	began := math.Mod(float64(at.UnixMilli())/1000, period*1000)
	for i := range strip.Units {
		seconds := began + float64(i)/rateHz
		microvolts := wander*math.Sin(2*math.Pi*0.25*seconds) + noise*random.NormFloat64()
		for _, wave := range beat {
			distance := (math.Mod(seconds, period) - wave.at) / wave.width
			microvolts += wave.height * math.Exp(-distance*distance/2)
		}
		strip.Units[i] = int16(math.Round(microvolts / scale))
	}
	return strip
}

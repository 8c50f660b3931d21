package ecg_test

import (
	"bytes"
	"encoding/base64"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/internal/codec"
	"guestjourney/webhookproxy/telemetry/ecg"
	"guestjourney/webhookproxy/telemetry/ecg/ecgtest"
	"guestjourney/webhookproxy/telemetry/reading"
)

var start = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

// anyStrip has any units at all, the farthest apart too.
var anyStrip = rapid.Custom(func(t *rapid.T) reading.Strip {
	return reading.Strip{
		Lead:       rapid.SampledFrom([]string{"II", "V5", ""}).Draw(t, "lead"),
		At:         start.Add(time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "at")) * time.Microsecond),
		RateHz:     rapid.SampledFrom([]float64{250, 360, 1000.0 / 3}).Draw(t, "rate"),
		Microvolts: rapid.Float64Range(0.001, 1000).Draw(t, "scale"),
		Units:      rapid.SliceOfN(rapid.OneOf(rapid.Int16(), rapid.SampledFrom([]int16{math.MinInt16, 0, math.MaxInt16})), 0, 50).Draw(t, "units"),
	}
})

func TestUnpackReturnsWhatWasPacked(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		strips := rapid.SliceOfN(anyStrip, 1, 5).Draw(rt, "strips")
		got, err := ecg.Unpack(ecg.Pack(strips))
		require.NoError(rt, err)
		require.Len(rt, got, len(strips))
		for i, strip := range strips {
			require.True(rt, strip.At.Equal(got[i].At))
			strip.At, got[i].At = time.Time{}, time.Time{}
			require.Equal(rt, strip, got[i])
		}
	})
}

func TestWhatIsDamagedIsToldAndNeverWrong(t *testing.T) {
	packed := ecg.Pack([]reading.Strip{ecgtest.Strip("II", start, 250, 100)})
	for cut := range packed {
		strips, err := ecg.Unpack(packed[:cut])
		if cut != 1 { // the version alone is no strips
			require.ErrorIs(t, err, ecg.ErrDamaged, cut)
		}
		require.Empty(t, strips)
	}
	other := bytes.Clone(packed)
	other[0]++
	_, err := ecg.Unpack(other)
	require.ErrorIs(t, err, ecg.ErrDamaged)

	apart := ecg.Pack([]reading.Strip{{Lead: "II", At: start, RateHz: 250, Microvolts: 1, Units: []int16{math.MaxInt16}}})
	last := len(apart) - 1
	apart[last] = 0x7f // a step that no unit can take
	apart[last-1], apart[last-2] = 0xff, 0xff
	_, err = ecg.Unpack(apart)
	require.ErrorIs(t, err, ecg.ErrDamaged)
}

func FuzzUnpackTakesAnything(f *testing.F) {
	f.Add(ecg.Pack([]reading.Strip{ecgtest.Strip("II", start, 250, 10), ecgtest.Strip("V5", start, 500, 1)}))
	f.Fuzz(func(t *testing.T, packed []byte) {
		strips, err := ecg.Unpack(packed)
		if err != nil {
			require.ErrorIs(t, err, ecg.ErrDamaged)
			require.Nil(t, strips)
		}
	})
}

func TestJoinMakesOneOfStripsThatFollowEachOther(t *testing.T) {
	first := ecgtest.Strip("II", start, 250, 250)
	next := ecgtest.Strip("II", start.Add(time.Second), 250, 500)
	afterGap := ecgtest.Strip("II", start.Add(3*time.Second+time.Microsecond), 250, 250)
	otherLead := ecgtest.Strip("V5", start.Add(time.Second), 250, 250)
	otherScale := ecgtest.Strip("V5", start.Add(2*time.Second), 250, 250)
	otherScale.Microvolts = 2.5
	given := []reading.Strip{otherScale, next, otherLead, afterGap, first}
	copies := ecg.Join(given)
	whole := first
	whole.Units = append(append([]int16{}, first.Units...), next.Units...)
	require.Equal(t, []reading.Strip{whole, afterGap, otherLead, otherScale}, copies)
	copies[1].Units[0]++
	require.NotEqual(t, copies[1].Units[0], given[3].Units[0], "it works on copies")
}

// Joined in any groups, every unit keeps its instant: rates whose steps are no whole
// microseconds too.
func TestJoinLosesNoUnitAndNoInstant(t *testing.T) {
	for _, rate := range []float64{125, 250, 360, 1000.0 / 3, 500, 1000} {
		var seconds []reading.Strip
		for n := range 20 {
			seconds = append(seconds, ecgtest.Strip("II", start.Add(time.Duration(n)*time.Second), rate, int(rate)))
		}
		joined := ecg.Join(append(ecg.Join(seconds[10:]), ecg.Join(seconds[:10])...))
		units := map[time.Time]int16{}
		count := 0
		for _, strip := range joined {
			for i, unit := range strip.Units {
				units[instant(strip, i)] = unit
				count++
			}
		}
		require.Equal(t, 20*int(rate), count)
		for _, strip := range seconds {
			require.Equal(t, strip.Units[0], units[instant(strip, 0)], "%v Hz", rate)
		}
		if rate == math.Trunc(rate) {
			require.Len(t, joined, 1, "%v Hz", rate)
		}
	}
}

// instant is when a unit was taken, to the microsecond.
func instant(strip reading.Strip, unit int) time.Time {
	strip.Units = strip.Units[:unit]
	return ecg.End(strip)
}

// minute is what the store keeps of a minute of three leads, sealed; with its units.
func minute(t testing.TB, c *codec.Codec) (sealed []byte, units int) {
	t.Helper()
	var strips []reading.Strip
	for _, lead := range []string{"I", "II", "V5"} {
		for n := range 60 {
			strips = append(strips, ecgtest.Strip(lead, start.Add(time.Duration(n)*time.Second), 250, 250))
			units += 250
		}
	}
	sealed, err := c.SealBytes("ecg", []byte("minute"), ecg.Pack(ecg.Join(strips)))
	require.NoError(t, err)
	return sealed, units
}

func sealing(t testing.TB) *codec.Codec {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(make([]byte, codec.KeySize)))
	require.NoError(t, err)
	c, err := codec.New(ring)
	require.NoError(t, err)
	return c
}

func TestAUnitTakesAtMostFiveBits(t *testing.T) {
	sealed, units := minute(t, sealing(t))
	bits := float64(8*len(sealed)) / float64(units)
	t.Logf("%.2f bit a unit", bits)
	require.LessOrEqual(t, bits, 5.0)
}

// BenchmarkMinute packs and seals a minute of three leads at 250 Hz.
func BenchmarkMinute(b *testing.B) {
	c := sealing(b)
	for b.Loop() {
		sealed, units := minute(b, c)
		b.ReportMetric(float64(8*len(sealed))/float64(units), "bit/unit")
	}
}

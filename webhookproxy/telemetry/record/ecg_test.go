package record_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/ecg"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/record/wfdb"
	"guestjourney/webhookproxy/telemetry/store"
)

// signal reads a signal file by its header, as header(5) and signal(5) describe them.
func (w written) signal(t checking, name string) (units []int16) {
	t.Helper()
	var file, gain, clock, date string
	var signals, count, format int
	var rate float64
	header := strings.Split(w.files[strings.TrimSuffix(name, ".dat")+".hea"], "\n")
	_, err := fmt.Sscanf(header[0], "%s %d %g %d %s %s", &file, &signals, &rate, &count, &clock, &date)
	require.NoError(t, err)
	_, err = fmt.Sscanf(header[1], "%s %d %s", &file, &format, &gain)
	require.NoError(t, err)
	require.Equal(t, []any{name, 1, 16}, []any{"ecg/" + file, signals, format})
	require.Len(t, w.files[name], 2*count)
	for i := range count {
		units = append(units, int16(binary.LittleEndian.Uint16([]byte(w.files[name][2*i:]))))
	}
	return units
}

// restored is the ECG as it is read back from signal files and ecg.csv. What lies
// between its strips must be invalid.
func (w written) restored(t checking) (strips []reading.Strip) {
	t.Helper()
	ends, files := map[string]int{}, map[string][]int16{}
	for _, row := range w.rows(t, "ecg.csv") {
		name := row["file"]
		if files[name] == nil {
			files[name] = w.signal(t, name)
		}
		number := func(column string) float64 {
			value, err := strconv.ParseFloat(row[column], 64)
			require.NoError(t, err)
			return value
		}
		at, err := time.Parse(time.RFC3339Nano, row["at"])
		require.NoError(t, err)
		first, count := int(number("first_unit")), int(number("units"))
		for _, between := range files[name][ends[name]:first] {
			require.Equal(t, wfdb.Invalid, between)
		}
		ends[name] = first + count
		strips = append(strips, reading.Strip{
			Lead: row["lead"], At: at, RateHz: number("rate_hz"), Microvolts: number("microvolts_per_unit"), Units: files[name][first : first+count],
		})
	}
	for name, units := range files {
		require.Len(t, units, ends[name], "nothing follows the last strip")
	}
	return strips
}

func TestECGIsReadBackAsItWasSent(t *testing.T) {
	w, got := shared(t)
	require.Equal(t, ecg.Join(w.strips), got.restored(t))
	require.Contains(t, got.files["ecg/II-001.hea"], "II-001 1 250 60000 09:00:00.000 27/11/2026\nII-001.dat 16 200(0)/mV 16 0 ")
	require.Contains(t, got.files["ecg/V5-002.hea"], "V5-002 1 125 7500 09:09:00.000 27/11/2026\n")
}

// TestEveryUnitComesBack is about strips as bad monitors send them: with gaps of any
// length, at rates that are not quite what they say, with other scales, twice, and with
// units that look invalid.
func TestEveryUnitComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := &memory{batches: []store.Stored{{Position: 1, Received: store.Received{At: start, Batch: reading.Batch{Device: "m1", Sequence: 1}}}}}
		at := start.Add(58 * time.Second)
		for range rapid.IntRange(1, 12).Draw(t, "strips") {
			strip := reading.Strip{
				Lead: rapid.SampledFrom([]string{"II", "V5"}).Draw(t, "lead"), At: at,
				RateHz:     rapid.SampledFrom([]float64{25, 300, 333.3}).Draw(t, "rate"),
				Microvolts: rapid.SampledFrom([]float64{2.5, 2.5, 3}).Draw(t, "scale"),
				Units:      rapid.SliceOfN(rapid.Int16(), 1, 60).Draw(t, "units"),
			}
			source.strips = append(source.strips, strip)
			at = ecg.End(strip).Add(rapid.SampledFrom([]time.Duration{
				0, 0, time.Microsecond, -3 * time.Millisecond, -2 * time.Second, 20 * time.Millisecond, 3 * time.Second, 2 * time.Minute, time.Hour,
			}).Draw(t, "pause"))
		}
		restored := write(t, source, told()).restored(t)
		units := 0
		for _, run := range restored {
			units += len(run.Units)
		}
		for _, strip := range source.strips {
			units -= len(strip.Units)
			require.True(t, slices.ContainsFunc(restored, func(run reading.Strip) bool { return contains(run, strip) }), "%v in %v", strip, restored)
		}
		require.Zero(t, units, "there is nothing more")
	})
}

// contains says whether a strip is part of a run, at its time but for what rounding to
// microseconds makes of it.
func contains(run, strip reading.Strip) bool {
	if run.Lead != strip.Lead || run.RateHz != strip.RateHz || run.Microvolts != strip.Microvolts || strip.At.Before(run.At) {
		return false
	}
	first := int(math.Round(strip.At.Sub(run.At).Seconds() * run.RateHz))
	if first+len(strip.Units) > len(run.Units) || !slices.Equal(run.Units[first:first+len(strip.Units)], strip.Units) {
		return false
	}
	before := run
	before.Units = run.Units[:first]
	return ecg.End(before).Sub(strip.At).Abs() <= time.Microsecond
}

func TestAGapIsAsLongInTheFileAsItWas(t *testing.T) {
	strip := func(at time.Time, units ...int16) reading.Strip {
		return reading.Strip{Lead: "II", At: at, RateHz: 25, Microvolts: 5, Units: units}
	}
	got := write(t, &memory{
		batches: []store.Stored{{Position: 1, Received: store.Received{At: start}}},
		strips:  []reading.Strip{strip(start, 1, 2), strip(start.Add(160*time.Millisecond), 3), strip(start.Add(2*time.Minute), 4)},
	}, told())
	require.Equal(t, []int16{1, 2, wfdb.Invalid, wfdb.Invalid, 3}, got.signal(t, "ecg/II-001.dat"))
	require.Equal(t, []int16{4}, got.signal(t, "ecg/II-002.dat"), "a long gap begins another file")
}

package wfdb_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/webhookproxy/telemetry/record/wfdb"
)

var start = time.Date(2026, 11, 27, 9, 0, 0, 123_456_000, time.UTC)

// read is a reader of its own for one signal in format 16, by the description in
// header(5) and signal(5) of the WFDB applications guide.
func read(t require.TestingT, header string, signal []byte) (units []int16) {
	lines := strings.Split(header, "\n")
	var record, clock, date string
	var signals, count int
	var rate float64
	_, err := fmt.Sscanf(lines[0], "%s %d %g %d %s %s", &record, &signals, &rate, &count, &clock, &date)
	require.NoError(t, err, lines[0])
	require.Equal(t, 1, signals)
	var file, gain string
	var format, resolution, zero, first, checksum, block int
	_, err = fmt.Sscanf(lines[1], "%s %d %s %d %d %d %d %d", &file, &format, &gain, &resolution, &zero, &first, &checksum, &block)
	require.NoError(t, err, lines[1])
	require.Equal(t, []any{record + ".dat", 16, 16, 0, 0}, []any{file, format, resolution, zero, block})
	require.Len(t, signal, 2*count)
	var sum int16
	for i := range count {
		unit := int16(binary.LittleEndian.Uint16(signal[2*i:]))
		sum += unit
		units = append(units, unit)
	}
	require.Equal(t, checksum, int(sum), "the checksum is that of the units")
	if count > 0 {
		require.Equal(t, first, int(units[0]))
	}
	return units
}

func TestUnitsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		w := wfdb.NewWriter(&out)
		var want []int16
		for _, units := range rapid.SliceOfN(rapid.SliceOfN(rapid.Int16(), 0, 50), 0, 5).Draw(t, "units") {
			missing := rapid.Int64Range(0, 5).Draw(t, "missing")
			require.NoError(t, w.Missing(missing))
			require.NoError(t, w.Units(units))
			for range missing {
				want = append(want, wfdb.Invalid)
			}
			want = append(want, units...)
		}
		require.NoError(t, w.Flush())
		require.EqualValues(t, len(want), w.Samples())
		signal := wfdb.Signal{Record: "V5-001", Lead: "V5", Start: start, RateHz: 250, Microvolts: 2.5}
		require.Equal(t, want, read(t, w.Header(signal), out.Bytes()))
	})
}

func TestTheHeaderSaysWhatToolsNeed(t *testing.T) {
	w := wfdb.NewWriter(&bytes.Buffer{})
	require.NoError(t, w.Units([]int16{12, -14, 9}))
	require.Equal(t, `II-001 1 250 3 09:00:00.123 27/11/2026
II-001.dat 16 400(0)/mV 16 0 12 7 0 ECG lead II
# start: 2026-11-27T09:00:00.123456Z
# microvolts per unit: 2.5
# -32768 is a unit that was not received
`, w.Header(wfdb.Signal{Record: "II-001", Lead: "II", Start: start, RateHz: 250, Microvolts: 2.5}))
}

func TestAWriteThatFailsIsTold(t *testing.T) {
	w := wfdb.NewWriter(broken{})
	require.NoError(t, w.Units(make([]int16, 10)))
	require.ErrorIs(t, w.Flush(), errBroken)
	require.ErrorIs(t, wfdb.NewWriter(broken{}).Missing(1<<20), errBroken)
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

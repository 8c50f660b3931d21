package record_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/ecg/ecgtest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/record"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
	"guestjourney/workflows/session"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil { // each writes a whole record
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if kept.world != nil && os.RemoveAll(filepath.Dir(kept.path)) != nil {
			code = 1
		}
		os.Exit(code)
	}))
}

// kept is a world and its record, for all tests: both take a while.
var kept struct {
	once sync.Once
	*world
	record written
}

// shared returns the record, and the world with its store closed.
func shared(t testing.TB) (*world, written) {
	t.Helper()
	kept.once.Do(func() {
		folder, err := os.MkdirTemp("", "record")
		require.NoError(t, err)
		kept.world = newWorld(t, filepath.Join(folder, "telemetry.db"))
		s := kept.open(t, 1)
		kept.record = write(t, s, told())
		require.NoError(t, s.Close())
	})
	return kept.world, kept.record
}

var start = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

const name = "session/s1"

// world is a store in which a session of sixteen minutes was kept:
//
//	minutes  0 to 4   all is well; a blood pressure in each
//	minutes  5 and 6  nothing came
//	minute   7        came later, as backfill
//	minute   8        the leads were off
//	minutes  9 to 15  the QRS is wide, so that there is no QTc
//
// with ECG of two leads in the first four minutes and in minute 9.
type world struct {
	path string
	now  time.Time
	// strips is the ECG as it was sent.
	strips   []reading.Strip
	received []store.Received
	samples  int
	rrs      map[time.Time]float64 // ms, of the beats in minutes 0 to 4
}

func newWorld(t testing.TB, path string) *world {
	t.Helper()
	w := &world{path: path, now: start, rrs: map[time.Time]float64{}}
	s := w.open(t, 1)
	require.NoError(t, s.Assign(t.Context(), store.Assignment{Device: "monitor-7", Session: name, Since: start}))
	var late []int
	for second := range 16 * 60 {
		switch minute := second / 60; minute {
		case 5, 6:
		case 7:
			late = append(late, second)
		default:
			w.send(false, second)
		}
	}
	w.send(true, late...)
	_, err := s.Append(t.Context(), w.received...)
	require.NoError(t, err)
	w.now = start.Add(16*time.Minute + 300*time.Millisecond)
	w.alarms(t, s)
	require.NoError(t, s.Close())
	return w
}

// open opens the store with a key; 1 is that of the world.
func (w *world) open(t testing.TB, key byte) *store.Store {
	t.Helper()
	return storetest.Open(t, store.Config{Path: w.path, Codec: storetest.Codec(t, key), Now: func() time.Time { return w.now }})
}

// send sends the samples of seconds in one batch. What comes late follows a gap of five.
func (w *world) send(late bool, seconds ...int) {
	batch := reading.Batch{Device: "monitor-7", Sequence: uint64(len(w.received) + 1), Backfill: late}
	at := start
	for _, second := range seconds {
		at = start.Add(time.Duration(second) * time.Second)
		batch.Samples = append(batch.Samples, w.sample(second))
		if second < 4*60 || second/60 == 9 {
			batch.ECG = append(batch.ECG, ecgtest.Strip("II", at, 250, 250), ecgtest.Strip("V5", at, 125, 125))
		}
	}
	if late {
		batch.Sequence, at = batch.Sequence+5, start.Add(16*time.Minute)
	}
	w.samples += len(batch.Samples)
	w.strips = append(w.strips, batch.ECG...)
	w.received = append(w.received, store.Received{Batch: batch, At: at.Add(300 * time.Millisecond)})
}

// sample is that of the second that ends then, with its one beat.
func (w *world) sample(second int) reading.Sample {
	at := start.Add(time.Duration(second) * time.Second)
	minute := second / 60
	if minute == 8 {
		return reading.Sample{At: at, Leads: reading.LeadsOff}
	}
	// Beats are 1000 ms apart, but for a wave that makes the variability.
	shift := func(second int) float64 { return 30 * math.Sin(float64(second)) }
	rr := math.Round(1000 + shift(second) - shift(second-1))
	beat := at.Add(-200*time.Millisecond + time.Duration(math.Round(shift(second)))*time.Millisecond)
	rate, spo2, qrs := 60+float64(second%5), 97.0, 92.0
	if minute >= 9 {
		qrs = 140
	}
	sample := reading.Sample{
		At: at, Leads: reading.LeadsOn, Quality: reading.Good, HeartRate: &rate, SpO2: &spo2,
		Beats: []reading.Beat{{At: beat, RRMs: &rr, Kind: reading.Normal}},
		QT:    &reading.QT{Ms: 400, RRMs: 1000, QRSMs: qrs},
	}
	if minute < 5 {
		w.rrs[beat] = rr
	}
	if second%60 == 30 && minute < 5 {
		systolic, diastolic := 118+float64(minute), 76.0
		sample.Systolic = &systolic
		if minute != 4 {
			sample.Diastolic = &diastolic
		}
	}
	return sample
}

// changes are the alarms of the session.
func changes() []detector.Transition {
	at := func(minute, second int) time.Time {
		return start.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
	}
	low := detector.Transition{Alarm: "heart-rate-low", Code: "heart-rate-low", Origin: detector.Physiological, Episode: 1, Since: at(2, 0)}
	stale := detector.Transition{Alarm: "stream-stale", Code: "stream-stale", Origin: detector.Technical, Episode: 1, Since: at(5, 0)}
	all := []detector.Transition{low, low, low, stale, stale}
	for i, change := range []detector.Change{detector.Raised, detector.Escalated, detector.Cleared, detector.Raised, detector.Cleared} {
		all[i].Number, all[i].Change = uint64(i+1), change
	}
	all[0].Priority, all[0].At = detector.Warning, at(2, 10)
	all[1].Priority, all[1].At = detector.Critical, at(2, 20)
	all[2].Priority, all[2].At = detector.Critical, at(3, 0)
	all[3].Priority, all[3].At = detector.Warning, at(5, 10)
	all[4].Priority, all[4].At = detector.Warning, at(8, 0)
	return all
}

func (w *world) alarms(t testing.TB, s *store.Store) {
	t.Helper()
	owned, err := s.Acquire(t.Context(), name)
	require.NoError(t, err)
	var all []store.Transition
	for _, one := range changes() {
		payload, err := json.Marshal(one)
		require.NoError(t, err)
		all = append(all, store.Transition{Number: one.Number, Payload: payload, PageKey: "s1/" + string(rune('0'+one.Number))})
	}
	_, err = s.Commit(t.Context(), owned.Lease, store.Progress{
		Transitions: all, Gaps: []store.Gap{{Device: "monitor-7", Gap: reading.Gap{From: 781, To: 785}, FoundAt: w.now}},
	})
	require.NoError(t, err)
	w.now = start.Add(5*time.Minute + 14*time.Second)
	first, err := s.HandedOver(t.Context(), name, 4, w.now, true)
	require.NoError(t, err)
	require.True(t, first)
}

// told is what the workflow knows of the session.
func told() session.Record {
	at := func(minute, second int) time.Time {
		return start.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
	}
	return session.Record{
		Session: name, GuestRef: "guest/0001", Room: "3", Device: "monitor-7", QTcBaseline: 390,
		Protocol:  session.Protocol{Code: "standard", SignedBy: "p-doc", SignedAt: start.Add(-time.Hour)},
		StartedAt: start, EndedAt: at(16, 0), How: session.ByCommand,
		Log: []session.Entry{
			{At: start, Kind: session.EntryStarted},
			{At: at(2, 11), Kind: session.EntryPage, Number: 1, Person: "p-ana", Role: "nurse", Channel: "sms", Outcome: session.Handed},
			{At: at(2, 21), Kind: session.EntryPage, Number: 2, Person: "p-ana", Role: "nurse", Channel: "voice", Outcome: session.Undeliverable, Detail: "=busy"},
			{At: at(2, 22), Kind: session.EntryPage, Number: 2, Person: "p-doc", Role: "physician", Channel: "email", Outcome: session.Recalled},
			{At: at(2, 40), Kind: session.EntryAcknowledged, Number: 2, Person: "p-doc", Role: "physician"},
			{At: at(16, 0), Kind: session.EntryEnded, Person: "p-ana", Role: "nurse"},
		},
	}
}

// checking is a test, or one run of a property's.
type checking interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// written is a record that was read back.
type written struct {
	zip     []byte
	files   map[string]string
	order   []string
	summary record.Summary
}

func write(t checking, source record.Source, log session.Record) written {
	t.Helper()
	var out bytes.Buffer
	summary, err := record.Write(t.Context(), &out, source, log)
	require.NoError(t, err)
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	require.NoError(t, err)
	got := written{zip: out.Bytes(), files: map[string]string{}, summary: summary}
	for _, file := range archive.File {
		in, err := file.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(in)
		require.NoError(t, err)
		require.True(t, file.Modified.Equal(summary.To.Truncate(time.Second)), file.Name)
		got.order = append(got.order, file.Name)
		got.files[file.Name] = string(text)
	}
	return got
}

// rows are the lines of a CSV file by the names of its columns.
func (w written) rows(t checking, file string) (rows []map[string]string) {
	t.Helper()
	require.Contains(t, w.files, file)
	require.Equal(t, strings.Count(w.files[file], "\r\n"), strings.Count(w.files[file], "\n"), "lines end as RFC 4180 has it")
	all, err := csv.NewReader(strings.NewReader(w.files[file])).ReadAll()
	require.NoError(t, err)
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// minute is a row of minutes.csv.
func (w written) minute(t testing.TB, number int) map[string]string {
	t.Helper()
	at := start.Add(time.Duration(number) * time.Minute).Format("2006-01-02T15:04:05.000000Z")
	for _, row := range w.rows(t, "minutes.csv") {
		if row["minute"] == at {
			return row
		}
	}
	t.Fatalf("no minute %s", at)
	return nil
}

func (w *world) beats() []time.Time { return slices.SortedFunc(maps.Keys(w.rrs), time.Time.Compare) }

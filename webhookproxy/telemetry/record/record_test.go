package record_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/record"
	"guestjourney/webhookproxy/telemetry/record/alarmlog"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

func TestTheRecordIsWholeAndTheSameEachTime(t *testing.T) {
	w, got := shared(t)
	require.Equal(t, []string{
		"vitals.csv", "beats.csv", "minutes.csv", "gaps.csv", "alarms.csv", "alarms.log", "fhir.json",
		"ecg/II-001.dat", "ecg/II-001.hea", "ecg/II-002.dat", "ecg/II-002.hea", "ecg/V5-001.dat", "ecg/V5-001.hea", "ecg/V5-002.dat", "ecg/V5-002.hea",
		"ecg.csv", "summary.html", "manifest.json",
	}, got.order)

	var manifest record.Summary
	require.NoError(t, json.Unmarshal([]byte(got.files["manifest.json"]), &manifest))
	require.Equal(t, got.summary, manifest, "what Write returns is the manifest")
	require.Len(t, manifest.Files, len(got.order)-1)
	for i, file := range manifest.Files {
		sum := sha256.Sum256([]byte(got.files[file.Name]))
		require.Equal(t, record.File{Name: got.order[i], Bytes: int64(len(got.files[file.Name])), SHA256: hex.EncodeToString(sum[:])}, file)
	}
	require.Equal(t, record.Counts{
		Batches: 13*60 + 1, Samples: w.samples, Backfilled: 60, Beats: 13 * 60, ECGLeads: 2, Gaps: 1, Alarms: 2, MonitorBehindMs: 300,
	}, manifest.Counts)
	require.Equal(t, record.Primary, manifest.Note)
	require.Equal(t, []any{start, start.Add(16 * time.Minute), true}, []any{manifest.From, manifest.To, manifest.Ended})

	s := w.open(t, 1)
	_, err := s.JoinECG(t.Context(), start.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, bytes.Equal(got.zip, write(t, s, told()).zip), "the same data gives the same bytes, however the store keeps it")
}

func TestEverySampleAndBeatIsThere(t *testing.T) {
	w, got := shared(t)
	vitals := got.rows(t, "vitals.csv")
	require.Len(t, vitals, w.samples)
	require.Equal(t, map[string]string{
		"at": "2026-11-27T09:00:30.000000Z", "received": "2026-11-27T09:00:30.300000Z", "device": "monitor-7", "sequence": "31",
		"backfill": "false", "unreadable": "false", "leads": "on", "quality": "good", "heart_rate_per_min": "60",
		"systolic_mmhg": "118", "diastolic_mmhg": "76", "spo2_percent": "97",
		"qt_ms": "400", "qt_formula": "uncorrected", "qt_rr_ms": "1000", "qrs_ms": "92", "battery_percent": "",
	}, vitals[30])
	late := 0
	for _, row := range vitals {
		if row["backfill"] == "true" {
			late++
		}
		if row["leads"] == "off" {
			require.Empty(t, row["heart_rate_per_min"], "what was not measured is no zero")
		}
	}
	require.Equal(t, 60, late)
	require.Len(t, got.rows(t, "beats.csv"), 13*60)
	require.Equal(t, []map[string]string{{
		"found_at": "2026-11-27T09:16:00.300000Z", "device": "monitor-7", "from_sequence": "781", "to_sequence": "785",
	}}, got.rows(t, "gaps.csv"))
}

// TestAMinuteSaysWhatWasMeasured calculates the values again, from what was sent.
func TestAMinuteSaysWhatWasMeasured(t *testing.T) {
	w, got := shared(t)
	require.Len(t, got.rows(t, "minutes.csv"), 16)
	row := got.minute(t, 4)
	for column, want := range map[string]string{
		"samples": "60", "backfilled": "0", "heart_rate_n": "60", "heart_rate_mean": "62.000", "heart_rate_min": "60.000", "heart_rate_max": "64.000",
		"systolic_mean": "122.000", "diastolic_n": "0", "diastolic_mean": "", "spo2_mean": "97.000",
		"qtc_status": "QTc evaluable", "qt_ms_mean": "400.000", "qtc_fridericia_mean": "400.000", "qtc_fridericia_change": "10.000",
		"qtc_bazett_mean": "400.000", "qtc_framingham_mean": "400.000", "qtc_hodges_mean": "400.000", "hrv_window_s": "300",
	} {
		require.Equal(t, want, row[column], column)
	}

	var intervals []float64 // of the window, both of whose beats lie in it
	for i, at := range w.beats() {
		if i > 0 && at.Before(start.Add(5*time.Minute)) && !w.beats()[i-1].Before(start) {
			intervals = append(intervals, w.rrs[at])
		}
	}
	sum, squares, differences, over := 0.0, 0.0, 0.0, 0
	for _, rr := range intervals {
		sum += rr
	}
	for i, rr := range intervals {
		squares += (rr - sum/float64(len(intervals))) * (rr - sum/float64(len(intervals)))
		if i > 0 {
			differences += (rr - intervals[i-1]) * (rr - intervals[i-1])
			if math.Abs(rr-intervals[i-1]) > 50 {
				over++
			}
		}
	}
	n := float64(len(intervals))
	require.Equal(t, fmt.Sprintf("%.3f", math.Sqrt(squares/(n-1))), row["sdnn_ms"])
	require.Equal(t, fmt.Sprintf("%.3f", math.Sqrt(differences/(n-1))), row["rmssd_ms"])
	require.Equal(t, fmt.Sprintf("%.3f", 100*float64(over)/n), row["pnn50_percent"])
	require.Equal(t, strconv.Itoa(len(intervals)), row["nn_intervals"])
	require.Equal(t, fmt.Sprintf("%.3f", sum/300_000), row["hrv_coverage"])
}

func TestWhatIsMissingIsNoZero(t *testing.T) {
	_, got := shared(t)
	for _, gap := range []int{5, 6} {
		for column, value := range got.minute(t, gap) {
			switch {
			case strings.HasSuffix(column, "_mean") || strings.HasSuffix(column, "_min") || strings.HasSuffix(column, "_max"):
				require.Empty(t, value, column)
			case column == "samples":
				require.Equal(t, "0", value)
			case column == "qtc_status":
				require.Equal(t, "QTc not evaluable: not judged", value)
			}
		}
	}
	late := got.minute(t, 7)
	require.Equal(t, []string{"60", "60", "62.000"}, []string{late["samples"], late["backfilled"], late["heart_rate_mean"]})
	off := got.minute(t, 8)
	require.Equal(t, []string{"60", "60", ""}, []string{off["samples"], off["leads_off"], off["heart_rate_mean"]})
	wide := got.minute(t, 12)
	require.Equal(t, []string{"QTc not evaluable: wide QRS", "", "0"}, []string{wide["qtc_status"], wide["qtc_fridericia_mean"], wide["qtc_fridericia_n"]})
}

func TestTheAlarmLogHasEverythingInOrderOfTime(t *testing.T) {
	_, got := shared(t)
	hash, err := alarmlog.Verify(strings.NewReader(got.files["alarms.log"]))
	require.NoError(t, err)
	require.Equal(t, hash, got.summary.AlarmLog)

	type line struct {
		At           time.Time
		Kind, Person string
		Number       int
		Change       string
		HandedAt     time.Time
	}
	var kinds []string
	before := time.Time{}
	lines := strings.Split(strings.TrimSpace(got.files["alarms.log"]), "\n")
	for _, text := range lines[1 : len(lines)-1] {
		var one line
		require.NoError(t, json.Unmarshal([]byte(text), &one))
		require.False(t, one.At.Before(before))
		before = one.At
		kinds = append(kinds, fmt.Sprint(one.Kind, " ", one.Number, " ", one.Change, one.Person))
	}
	require.Equal(t, []string{
		"started 0 ", "transition 1 raised", "page 1 p-ana", "transition 2 escalated", "page 2 p-ana", "page 2 p-doc", "acknowledged 2 p-doc",
		"transition 3 cleared", "transition 4 raised", "fallback_page 4 ", "transition 5 cleared", "ended 0 p-ana",
	}, kinds)
	table := got.rows(t, "alarms.csv")
	require.Len(t, table, len(kinds))
	require.Equal(t, "'=busy", table[4]["detail"], "a spreadsheet takes it for a text")
	require.Equal(t, "2026-11-27T09:05:14.000000Z", table[8]["handed_to_provider_at"])
}

func TestWhatTheKeysDoNotOpenIsSaid(t *testing.T) {
	w, _ := shared(t)
	got := write(t, w.open(t, 2), told())
	require.Equal(t, []int{13*60 + 1, 13*60 + 1, 0}, []int{got.summary.Counts.Batches, got.summary.Counts.Unreadable, got.summary.Counts.Samples})
	require.Positive(t, got.summary.Counts.ECGUnreadable)
	require.Equal(t, "true", got.rows(t, "vitals.csv")[0]["unreadable"])
	var numbers []string
	for _, row := range got.rows(t, "alarms.csv") {
		if row["unreadable"] == "true" {
			numbers = append(numbers, row["number"])
		}
	}
	require.Equal(t, []string{"1", "2", "3", "4", "5"}, numbers)
	require.Contains(t, got.files["summary.html"], "781 batches cannot be opened")
	require.Contains(t, got.files["summary.html"], "5 changes of alarms cannot be opened")
	_, err := alarmlog.Verify(strings.NewReader(got.files["alarms.log"]))
	require.NoError(t, err)
}

func TestASessionThatCannotBeIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	for want, change := range map[string]func(*session.Record){
		"session: want session/<id>": func(r *session.Record) { r.Session = "journey/1" },
		"guestRef: missing":          func(r *session.Record) { r.GuestRef = "" },
		"startedAt: missing":         func(r *session.Record) { r.StartedAt = time.Time{} },
		"endedAt: want a time that":  func(r *session.Record) { r.EndedAt = start.Add(-1) },
		"endedAt: want at most 168h": func(r *session.Record) { r.EndedAt = start.Add(200 * time.Hour) },
	} {
		log := told()
		change(&log)
		var out bytes.Buffer
		_, err := record.Write(t.Context(), &out, &memory{}, log)
		require.ErrorIs(t, err, record.ErrInvalid)
		require.ErrorContains(t, err, want)
		require.Zero(t, out.Len())
	}
}

func TestThereIsNoRecordOfNothing(t *testing.T) {
	w, _ := shared(t)
	log := told()
	log.Session, log.Log = "session/unknown", nil
	_, err := record.Write(t.Context(), &bytes.Buffer{}, w.open(t, 1), log)
	require.ErrorIs(t, err, record.ErrNotFound)
}

func TestAStoreThatFailsInTheMiddleFailsTheRecord(t *testing.T) {
	w, _ := shared(t)
	source := w.memory()
	source.lost = fmt.Errorf("gone: %w", store.ErrUnavailable)
	_, err := record.Write(t.Context(), &bytes.Buffer{}, source, told())
	require.ErrorIs(t, err, store.ErrUnavailable)
}

func TestAWriterThatFailsFailsTheRecord(t *testing.T) {
	full := errors.New("disk full")
	w, _ := shared(t)
	whole := len(write(t, w.memory(), told()).zip)
	for _, room := range []int{0, whole / 2, whole - 10} {
		_, err := record.Write(t.Context(), &small{room, full}, w.memory(), told())
		require.ErrorIs(t, err, full)
	}
}

// small has room for a number of bytes.
type small struct {
	room int
	err  error
}

// Write implements io.Writer.
func (s *small) Write(p []byte) (int, error) {
	if s.room -= len(p); s.room < 0 {
		return 0, s.err
	}
	return len(p), nil
}

func TestEveryFileEndsWithTheSameBatch(t *testing.T) {
	w, _ := shared(t)
	got := write(t, growing{w.memory()}, told())
	require.Len(t, got.rows(t, "vitals.csv"), got.summary.Counts.Samples)
	require.Len(t, got.rows(t, "beats.csv"), got.summary.Counts.Beats)
}

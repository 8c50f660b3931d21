package reading_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/reading"
)

// changed is the example with one text in it replaced.
func changed(t testing.TB, old, with string) []byte {
	t.Helper()
	example := documented(t)
	require.Contains(t, example, old)
	return []byte(strings.Replace(example, old, with, 1))
}

func TestABadBatchIsRefusedByItsField(t *testing.T) {
	for _, c := range []struct{ old, with, field string }{
		{`"device": "monitor-7"`, `"device": "Anna Canary"`, "device"},
		{`"device": "monitor-7",`, ``, "device"},
		{`"sequence": 41`, `"sequence": 0`, "sequence"},
		{`"sequence": 41`, `"sequence": -41`, "sequence"},
		{`"sequence": 41`, `"sequence": 41.5`, "sequence"},
		{`"sequence": 41`, `"sequence": 9007199254740992`, "sequence"},
		{`"sequence": 41`, `"Sequence": 41`, ""},
		{`"heartRate": 71`, `"heartRate": NaN`, "samples[0].heartRate"},
		{`"heartRate": 71`, `"heartRate": "71"`, "samples[0].heartRate"},
		{`"heartRate": 71`, `"heartRate": 1e999`, "samples[0].heartRate"},
		{`"heartRate": 71`, `"heartRate": 7100`, "samples[0].heartRate"},
		{`"heartRate": 71`, `"heartRate": -1`, "samples[0].heartRate"},
		{`"heartRate": 71`, `"heartRate": 71, "heartRate": 72`, "samples[0].heartRate"},
		{`"heartRate": 71`, `"Anna Canary": 71`, "samples[0]"},
		{`"leads": "on",`, ``, "samples[0].leads"},
		{`"leads": "on"`, `"leads": "canary"`, "samples[0].leads"},
		{`"quality": "good"`, `"quality": "canary"`, "samples[0].quality"},
		{`"at": "2026-05-04T09:00:01Z"`, `"at": "today"`, "samples[0].at"},
		{`"at": "2026-05-04T09:00:01Z"`, `"at": "1970-01-01T00:00:01Z"`, "samples[0].at"},
		{`"at": "2026-05-04T09:00:00.41Z"`, `"at": "2026-05-04T09:00:01.41Z"`, "samples[0].beats[0].at"},
		{`"at": "2026-05-04T09:00:00.41Z"`, `"at": "2026-05-04T08:00:00.41Z"`, "samples[0].beats[0].at"},
		{`"rrMs": 845, "kind"`, `"rrMs": 0, "kind"`, "samples[0].beats[0].rrMs"},
		{`"kind": "normal"`, `"kind": "canary"`, "samples[0].beats[0].kind"},
		{`"ms": 402`, `"ms": 4020`, "samples[0].qt.ms"},
		{`"formula": "bazett"`, `"formula": "canary"`, "samples[0].qt.formula"},
		{`"rrMs": 845, "qrsMs"`, `"qrsMs"`, "samples[0].qt.rrMs"},
		{`"qrsMs": 92`, `"qrsMs": 1`, "samples[0].qt.qrsMs"},
		{`"systolic": 118`, `"systolic": 1180`, "samples[0].systolic"},
		{`"systolic": 118, `, ``, "samples[0].diastolic"},
		{`"diastolic": 76`, `"diastolic": 119`, "samples[0].diastolic"},
		{`"spo2": 98`, `"spo2": 101`, "samples[0].spo2"},
		{`"battery": 83`, `"battery": 830`, "samples[0].battery"},
		{`"code": "pvc-run"`, `"code": "Anna Canary"`, "alarms[0].code"},
		{`"priority": "medium"`, `"priority": "canary"`, "alarms[0].priority"},
		{`"end": "2026-05-04T09:00:01Z"`, `"end": "2026-05-04T08:00:01Z"`, "alarms[0].end"},
		{`"lead": "II"`, `"lead": "canary"`, "ecg[0].lead"},
		{`"rateHz": 250`, `"rateHz": 1`, "ecg[0].rateHz"},
		{`"microvolts": 2.5`, `"microvolts": 0`, "ecg[0].microvolts"},
		{`[12, -14, 9]`, `[12, 32768, 9]`, "ecg[0].units[1]"},
		{`[12, -14, 9]`, `[12, 1.5, 9]`, "ecg[0].units[1]"},
		{`[12, -14, 9]`, `[]`, "ecg[0].units"},
		{`"ecg"`, `"backfill": "canary", "ecg"`, "backfill"},
	} {
		t.Run(c.with, func(t *testing.T) {
			_, err := reading.Parse(changed(t, c.old, c.with))
			var refused *reading.Refused
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.field, refused.Field)
			quotesNothing(t, err)
		})
	}
}

// quotesNothing: no value of the tests above, and no text of a sender.
func quotesNothing(t testing.TB, err error) {
	t.Helper()
	require.NotRegexp(t, regexp.MustCompile(`(?i)canary|today|\b(7100|4020|1180|830|32768|1e999)\b`), err.Error())
	require.NotContains(t, err.Error(), "\n")
}

func TestWhatIsNoBatchAtAllIsRefused(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{}", `{"device":"monitor-7","sequence":1}`, "\xff", documented(t) + "{}",
		`{"Canary`, `{"Canary": NaN}`, strings.Repeat("[", 20_000), strings.Repeat(`{"samples":`, 20_000)} {
		_, err := reading.Parse([]byte(text))
		var refused *reading.Refused
		require.ErrorAs(t, err, &refused, "%.40s", text)
		quotesNothing(t, err)
	}
}

var first = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// spanning is a batch with samples at these times after the first.
func spanning(backfill bool, after ...time.Duration) reading.Batch {
	batch := reading.Batch{Device: "monitor-7", Sequence: 1, Backfill: backfill}
	for _, d := range after {
		batch.Samples = append(batch.Samples, reading.Sample{At: first.Add(d), Leads: reading.LeadsOn})
	}
	return batch
}

func parseEncoded(t testing.TB, batch reading.Batch) error {
	t.Helper()
	text, err := reading.Encode(batch)
	require.NoError(t, err)
	_, err = reading.Parse(text)
	return err
}

func TestALiveBatchIsShortAndABackfillLonger(t *testing.T) {
	for _, c := range []struct {
		backfill bool
		after    time.Duration
		taken    bool
	}{
		{false, 2 * time.Second, true},
		{false, 2*time.Second + time.Millisecond, false},
		{true, time.Minute, true},
		{true, time.Minute + time.Millisecond, false},
	} {
		err := parseEncoded(t, spanning(c.backfill, 0, c.after))
		require.Equal(t, c.taken, err == nil, "%+v: %v", c, err)
	}
	require.ErrorContains(t, parseEncoded(t, spanning(false, 0, 0)), "samples[1].at: want a later time")
	require.ErrorContains(t, parseEncoded(t, spanning(true, make([]time.Duration, 601)...)), "samples: want at most 600")
}

func TestECGFitsIntoItsBatch(t *testing.T) {
	batch := spanning(false, 0)
	batch.ECG = []reading.Strip{{Lead: "V5", At: first, RateHz: 500, Microvolts: 1, Units: make([]int16, 1001)}}
	require.NoError(t, parseEncoded(t, batch))
	batch.ECG[0].Units = make([]int16, 1002)
	require.ErrorContains(t, parseEncoded(t, batch), "ecg[0].units: want")
	batch.Backfill = true
	require.NoError(t, parseEncoded(t, batch))
}

func TestAnAlarmComesWithoutASample(t *testing.T) {
	batch := reading.Batch{Device: "monitor-7", Sequence: 1, Alarms: []reading.Alarm{{Code: "vf", Priority: reading.High, Start: first}}}
	require.NoError(t, parseEncoded(t, batch))
}

func TestTimesAreCutToMicrosecondsInUTC(t *testing.T) {
	got, err := reading.Parse(changed(t, `"at": "2026-05-04T09:00:01Z"`, `"at": "2026-05-04T11:00:01.123456789+02:00"`))
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 5, 4, 9, 0, 1, 123_456_000, time.UTC), got.Samples[0].At)
}

// FuzzParse: no panic; what is taken is plausible, is read back as it is, and is
// seen in the same way by the standard library's reader; what is refused quotes
// nothing that is not in this package.
func FuzzParse(f *testing.F) {
	f.Add([]byte(documented(f)))
	for _, text := range []string{"", "{}", "[[[", `{"device":"m","sequence":1,"samples":[{"at":"2026-05-04T09:00:01Z","leads":"off"}]}`, `{"sequence":1e3}`, `{"a":{"a":1}}`} {
		f.Add([]byte(text))
	}
	path := regexp.MustCompile(`^[A-Za-z0-9.\[\]]*$`)
	f.Fuzz(func(t *testing.T, body []byte) {
		batch, err := reading.Parse(body)
		if err != nil {
			var refused *reading.Refused
			if !errors.As(err, &refused) || !path.MatchString(refused.Field) {
				t.Fatalf("refused as %v", err)
			}
			return
		}
		text, err := reading.Encode(batch)
		require.NoError(t, err)
		again, err := reading.Parse(text)
		require.NoError(t, err)
		require.Equal(t, batch, again)
		var plain reading.Batch
		require.NoError(t, json.Unmarshal(body, &plain))
		require.Equal(t, fmt.Sprint(batch.Device, batch.Sequence, batch.Backfill), fmt.Sprint(plain.Device, plain.Sequence, plain.Backfill))
	})
}

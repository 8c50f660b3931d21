package reading_test

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/reading"
)

// documented returns the example of the package comment.
func documented(t testing.TB) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	var lines []string
	for line := range strings.SplitSeq(file.Doc.Text(), "\n") {
		if text, indented := strings.CutPrefix(line, "\t"); indented && !strings.HasPrefix(text, "<name>") {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

func at(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return parsed.UTC()
}

func TestTheDocumentedExampleIsABatch(t *testing.T) {
	end := at("2026-05-04T09:00:01Z")
	want := reading.Batch{
		Device: "monitor-7", Sequence: 41,
		Samples: []reading.Sample{{
			At: at("2026-05-04T09:00:01Z"), Leads: reading.LeadsOn, Quality: reading.Good, HeartRate: new(71.0),
			Beats:    []reading.Beat{{At: at("2026-05-04T09:00:00.41Z"), RRMs: new(845.0), Kind: reading.Normal}},
			QT:       &reading.QT{Ms: 402, Formula: reading.Bazett, RRMs: 845, QRSMs: 92},
			Systolic: new(118.0), Diastolic: new(76.0), SpO2: new(98.0), Battery: new(83.0),
		}},
		Alarms: []reading.Alarm{{Code: "pvc-run", Priority: reading.Medium, Start: at("2026-05-04T08:59:58Z"), End: &end}},
		ECG:    []reading.Strip{{Lead: "II", At: at("2026-05-04T09:00:00Z"), RateHz: 250, Microvolts: 2.5, Units: []int16{12, -14, 9}}},
	}
	got, err := reading.Parse([]byte(documented(t)))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestWhatIsEncodedIsReadBack(t *testing.T) {
	batch, err := reading.Parse([]byte(documented(t)))
	require.NoError(t, err)
	text, err := reading.Encode(batch)
	require.NoError(t, err)
	again, err := reading.Parse(text)
	require.NoError(t, err)
	require.Equal(t, batch, again)
}

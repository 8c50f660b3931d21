package detector_test

import (
	"math"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
)

func TestProtocolsAreDataThatSomebodySigned(t *testing.T) {
	order := func(text string) detector.Order {
		t.Helper()
		var order detector.Order
		require.NoError(t, json.Unmarshal([]byte(text), &order))
		return order
	}
	signed := `"code": "long-qt", "signedBy": "staff/12", "signedAt": "2026-05-01T10:00:00Z"`
	long, err := order(`{` + signed + `, "thresholds": {"qtc": {"warning": 470, "critical": 500}}}`).Protocol(start)
	require.NoError(t, err)
	require.Equal(t, detector.Ceiling{Warning: 470, Critical: 500}, long.QTc)
	require.Equal(t, detector.Default().HeartRate, long.HeartRate, "what is left out stays")
	require.Equal(t, []string{"long-qt", "staff/12"}, []string{long.Name, long.SignedBy})
	empty, err := order(`{}`).Protocol(start)
	require.NoError(t, err)
	require.Equal(t, detector.Default(), empty)
	plain, err := order(`{` + signed + `}`).Protocol(start)
	require.NoError(t, err)
	require.Equal(t, detector.Default().QTc, plain.QTc)

	for text, want := range map[string]string{
		`{"thresholds": {"qtcChange": 70}, "signedBy": "staff/12", "signedAt": "2026-05-01T10:00:00Z"}`:                                 "protocol: code: missing",
		`{"code": "p", "thresholds": {"qtcChange": 70}}`:                                                                                "need signedBy and signedAt",
		`{"code": "p", "signedBy": "staff/12", "thresholds": {"qtcChange": 70}}`:                                                        "need signedBy and signedAt",
		`{"code": "p", "signedBy": "staff/12", "signedAt": "2026-06-01T10:00:00Z"}`:                                                     "need signedBy and signedAt",
		`{` + signed + `, "thresholds": {"qtc": {"warning": 570}}}`:                                                                     "protocol: qtc: want",
		`{` + signed + `, "thresholds": {"qtcChange": 500}}`:                                                                            "protocol: qtcChange: want",
		`{` + signed + `, "thresholds": {"systolic": {"criticalLow": 0, "warningLow": 90, "warningHigh": 150, "criticalHigh": 180}}}`:   "protocol: systolic: want",
		`{` + signed + `, "thresholds": {"heartRate": {"criticalLow": 40, "warningLow": 40, "warningHigh": 100, "criticalHigh": 120}}}`: "protocol: heartRate: want",
		`{` + signed + `, "thresholds": {"heartrate": null}}`:                                                                           "protocol: thresholds: want",
		`{` + signed + `, "thresholds": []}`:                                                                                            "protocol: thresholds: want",
	} {
		_, err := order(text).Protocol(start)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "staff/12")
	}
	nan := detector.Default()
	nan.QTc.Critical, nan.SignedBy, nan.SignedAt = math.NaN(), "staff/12", start
	require.ErrorContains(t, nan.Check(start), "protocol: qtc: want")
	require.NoError(t, detector.Default().Check(start))
}

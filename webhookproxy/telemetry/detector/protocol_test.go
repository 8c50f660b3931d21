package detector_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
)

func TestProtocolsAreDataThatSomebodySigned(t *testing.T) {
	protocols, err := detector.ParseProtocols([]byte(`[{"name": "long-qt", "qtc": {"warning": 470, "critical": 500},
		"signedBy": "staff/12", "signedAt": "2026-05-01T10:00:00Z"}]`), start)
	require.NoError(t, err)
	require.Equal(t, detector.Default(), protocols["default"])
	long := protocols["long-qt"]
	require.Equal(t, detector.Ceiling{Warning: 470, Critical: 500}, long.QTc)
	require.Equal(t, detector.Default().HeartRate, long.HeartRate, "what is left out stays")
	require.Equal(t, "staff/12", long.SignedBy)
}

func TestAProtocolThatNobodySignedOrThatSwitchesOffIsRefused(t *testing.T) {
	signed := `"name": "p", "signedBy": "staff/12", "signedAt": "2026-05-01T10:00:00Z"`
	for text, want := range map[string]string{
		`[{"name": "p", "qtcChange": 70}]`:                                            "entry 1: protocol: limits other than the defaults need signedBy",
		`[{"name": "p", "signedBy": "staff/12", "qtcChange": 70}]`:                    "need signedBy and signedAt",
		`[{"name": "p", "signedBy": "staff/12", "signedAt": "2026-06-01T10:00:00Z"}]`: "need signedBy and signedAt",
		`[{` + signed + `}, {` + signed + `}]`:                                        "entry 2: want a name of its own",
		`[{"signedBy": "staff/12", "signedAt": "2026-05-01T10:00:00Z"}]`:              "entry 1: want a name of its own",
		`[{"name": "default"}]`:                                                       "entry 1: want a name of its own",
		`[{` + signed + `, "qtc": {"warning": 470}}]`:                                 "protocol: qtc: want",
		`[{` + signed + `, "qtcChange": 500}]`:                                        "protocol: qtcChange: want",
		`[{` + signed + `, "systolic": {"criticalLow": 0, "warningLow": 90, "warningHigh": 150, "criticalHigh": 180}}]`:   "protocol: systolic: want",
		`[{` + signed + `, "heartRate": {"criticalLow": 40, "warningLow": 40, "warningHigh": 100, "criticalHigh": 120}}]`: "protocol: heartRate: want",
		`[{` + signed + `, "heartrate": null}]`: "want a JSON list of protocols",
		`{}`:                                    "want a JSON list of protocols",
	} {
		_, err := detector.ParseProtocols([]byte(text), start)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "staff/12")
	}
	nan := detector.Default()
	nan.QTc.Critical, nan.SignedBy, nan.SignedAt = math.NaN(), "staff/12", start
	require.ErrorContains(t, nan.Check(start), "protocol: qtc: want")
	require.NoError(t, detector.Default().Check(start))
}

package staffpage

import (
	"strings"

	"guestjourney/webhookproxy/telemetry/detector"
)

// words are what the codes of alarms mean to people.
var words = map[string]string{
	detector.Asystole:         "Asystole: no heart beat",
	detector.Pause:            "Pause between heart beats",
	detector.HeartRateLow:     "Heart rate low",
	detector.HeartRateHigh:    "Heart rate high",
	detector.AtrialFib:        "Irregular rhythm: may be atrial fibrillation",
	detector.QTcHigh:          "QTc long",
	detector.QTcChange:        "QTc longer than before the session",
	detector.SystolicLow:      "Systolic pressure low",
	detector.SystolicHigh:     "Systolic pressure high",
	detector.LeadOff:          "ECG lead off",
	detector.SignalUnusable:   "ECG signal unusable",
	detector.NoHeartRate:      "No heart rate from the signal",
	detector.StreamStale:      "No readings from the monitor",
	detector.SequenceGap:      "Readings were lost",
	detector.UnassignedDevice: "Readings of a device that is not this session's",
	detector.QTcNotEvaluable:  "QTc not evaluable",
	detector.BatteryLow:       "Monitor battery low",
	"NOT-WATCHED":             "No process watches the readings", // SessionMonitor's own
}

// titleOf names an alarm: the monitor's own by its code, as the monitor says it.
func titleOf(code, origin string) string {
	text, known := words[code]
	switch {
	case origin == string(detector.Monitor):
		return "Monitor: " + code
	case known:
		return text
	}
	return strings.ReplaceAll(code, "-", " ")
}

package record

import (
	"slices"

	"github.com/go-json-experiment/json"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/workflows/session"
)

// limits are those that were watched; they are drawn, and judge nothing here.
type limits struct {
	detector.Protocol
	Known bool // else what the session names cannot be read, and none are drawn
}

// highest is more than any limit means something at: 1000 ms of QTc.
const highest = 1000

func limitsOf(protocol session.Protocol) limits {
	found := limits{Protocol: detector.Default(), Known: true}
	if len(protocol.Thresholds) > 0 && json.Unmarshal(protocol.Thresholds, &found.Protocol) != nil {
		found.Known = false
	}
	for _, one := range slices.Concat(band(found.HeartRate), band(found.Systolic), ceiling(found.QTc)) {
		found.Known = found.Known && one.value > 0 && one.value <= highest
	}
	return found
}

func band(b detector.Band) []limit {
	return []limit{{b.CriticalLow, "critical"}, {b.WarningLow, "warning"}, {b.WarningHigh, "warning"}, {b.CriticalHigh, "critical"}}
}

func ceiling(c detector.Ceiling) []limit {
	return []limit{{c.Warning, "warning"}, {c.Critical, "critical"}}
}

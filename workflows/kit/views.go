package kit

import (
	"strings"
	"time"
)

// PastDueAfter is how long a deadline may have passed before its workflow is
// past due: a worker that restarts, or a queue of timers, takes less.
const PastDueAfter = 10 * time.Minute

// PrefixParked begins the reason for attention of a parked step.
const PrefixParked = "parked:"

const running = "ExecutionStatus = 'Running'"

// PastDueQuery finds, in Temporal's list language, the open workflows whose
// next deadline should have had its consequence PastDueAfter before now. It
// finds none when all is well.
func PastDueQuery(now time.Time) string {
	limit := now.Add(-PastDueAfter).UTC().Format(time.RFC3339)
	return AttributeNextDeadline.GetName() + " < '" + limit + "' AND " + running
}

// AttentionQuery finds the open workflows that wait for a person. Visibility
// cannot search for the beginning of a reason: see IsParked.
func AttentionQuery() string { return AttributeAttention.GetName() + " IS NOT NULL AND " + running }

// IsParked says whether reasons for attention name a parked step.
func IsParked(reasons []string) bool {
	for _, reason := range reasons {
		if strings.HasPrefix(reason, PrefixParked) {
			return true
		}
	}
	return false
}

package options_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"guestjourney/activities/options"
)

// TestAPageIsTriedAtOnceAndUntilTheNextRung: everything else keeps its pace.
func TestAPageIsTriedAtOnceAndUntilTheNextRung(t *testing.T) {
	page := options.Page.Retries()
	assert.Equal(t, 200*time.Millisecond, page.InitialInterval)
	assert.Equal(t, 2*time.Second, page.MaximumInterval)
	assert.Zero(t, page.MaximumAttempts, "only time ends it")
	assert.Less(t, options.Page.ScheduleToClose, 30*time.Second, "over before the next rung")
	assert.Equal(t, options.PriorityAlarm, options.Page.Priority)
	for _, profile := range []options.Profile{options.Outside, options.Inside} {
		usual := profile.Retries()
		assert.Equal(t, []time.Duration{time.Second, 30 * time.Second}, []time.Duration{usual.InitialInterval, usual.MaximumInterval})
		assert.EqualValues(t, 3, usual.MaximumAttempts)
	}
}

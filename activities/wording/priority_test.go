package wording_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"guestjourney/activities/options"
	"guestjourney/activities/wording"
)

func TestAMessageAboutDatesGoesBeforeTheRest(t *testing.T) {
	assert.Equal(t, options.PriorityBinding, wording.Priority("moved", false))
	assert.Equal(t, options.PriorityBinding, wording.Priority("cancellation", false))
	assert.Equal(t, options.PriorityBinding, wording.Priority("provider_down", false))
	assert.Equal(t, options.PriorityBinding, wording.Priority("provider_up", false))
	assert.Equal(t, options.PriorityMessage, wording.Priority("reminder", false))
	assert.Equal(t, options.PriorityMarketing, wording.Priority("welcome", true))
}

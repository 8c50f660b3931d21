package failure_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"guestjourney/activities/failure"
)

func TestClassOfAStatus(t *testing.T) {
	for class, statuses := range map[failure.Class][]int{
		failure.Throttled:    {429},
		failure.NotProcessed: {425},
		failure.Ambiguous:    {0, 200, 201, 408, 500, 502, 503, 504, 599},
		failure.Permanent:    {301, 302, 400, 401, 403, 404, 409, 410, 413, 422},
	} {
		for _, status := range statuses {
			assert.Equal(t, class, failure.OfStatus(status), status)
		}
	}
}

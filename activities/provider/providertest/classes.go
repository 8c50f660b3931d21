package providertest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/provider"
)

// Statuses are the classes of answers without a code, whoever the provider is.
// One whose status means something else says so.
var Statuses = map[int]failure.Class{
	http.StatusBadRequest: failure.Permanent, http.StatusUnauthorized: failure.Permanent, http.StatusForbidden: failure.Permanent,
	http.StatusNotFound: failure.Permanent, http.StatusMethodNotAllowed: failure.Permanent, http.StatusConflict: failure.Permanent,
	http.StatusGone: failure.Permanent, http.StatusRequestEntityTooLarge: failure.Permanent, http.StatusUnprocessableEntity: failure.Permanent,
	http.StatusRequestTimeout: failure.Ambiguous, http.StatusTooEarly: failure.NotProcessed, http.StatusTooManyRequests: failure.Throttled,
	http.StatusInternalServerError: failure.Ambiguous, http.StatusBadGateway: failure.Ambiguous,
	http.StatusServiceUnavailable: failure.Ambiguous, http.StatusGatewayTimeout: failure.Ambiguous,
}

// unanswered are the classes of calls that no answer comes to. A connection that
// was reset early may have taken a part of the request with it.
var unanswered = map[string][]failure.Class{
	Refused: {failure.NotProcessed}, DNSFailure: {failure.NotProcessed}, ConnectTimeout: {failure.NotProcessed},
	ResetBeforeWrite: {failure.NotProcessed, failure.Ambiguous},
}

// Classes holds one writing call of a provider's adapter to the classes of what
// can happen to every call: it meets each status and each broken connection, and
// must be made once. except are the statuses that mean something else here; the
// empty class leaves a status out, because the call has an answer to it.
func Classes(t *testing.T, name string, except map[int]failure.Class, call func(context.Context, *provider.Client) error) {
	t.Helper()
	want := maps.Clone(Statuses)
	maps.Copy(want, except)
	meets := func(way, address string, timeout time.Duration, classes ...failure.Class) {
		t.Run(way, func(t *testing.T) {
			client, err := provider.New(provider.Config{Name: name, BaseURL: address, Timeout: timeout})
			require.NoError(t, err)
			t.Cleanup(client.Close)
			var failed *failure.Error
			require.ErrorAs(t, call(t.Context(), client), &failed)
			assert.Contains(t, classes, failed.Class, failed)
			assert.Equal(t, name, failed.Provider)
		})
	}
	for _, status := range slices.Sorted(maps.Keys(want)) {
		if want[status] == "" {
			continue
		}
		script, address := Serve(t, Reply(status, `{}`))
		meets(strconv.Itoa(status), address, time.Minute, want[status])
		assert.Len(t, script.Received(), 1, "status %d: made once", status)
	}
	for way, classes := range unanswered {
		meets(way, Nowhere(t, way), 300*time.Millisecond, classes...)
	}
	after := func(way string, timeout time.Duration, answer http.HandlerFunc) {
		script, address := Serve(t, answer)
		meets(way, address, timeout, failure.Ambiguous)
		assert.Len(t, script.Received(), 1, "%s: made once", way)
	}
	after("reset after write", time.Minute, func(w http.ResponseWriter, _ *http.Request) { Break(w, true) })
	after("closed after write", time.Minute, HangUp)
	after("read timeout", time.Second, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

package health

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	status := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/readyz", r.URL.Path)
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			_, _ = w.Write([]byte("the workers\nare not running\n" + strings.Repeat("x", 2*maxWords)))
		}
	}))
	defer server.Close()
	url := server.URL + "/readyz"
	require.NoError(t, Check(t.Context(), url))
	status = http.StatusOK
	require.NoError(t, Check(t.Context(), url))

	status = http.StatusServiceUnavailable
	err := Check(t.Context(), url)
	require.ErrorContains(t, err, url+" answers 503: the workers are not running")
	require.Less(t, len(err.Error()), len(url)+len(" answers 503: ")+maxWords+1)

	status = http.StatusFound
	require.Error(t, Check(t.Context(), url), "only 2xx is well")
	server.Close()
	require.ErrorContains(t, Check(t.Context(), url), url)
	require.Error(t, Check(t.Context(), "no url"))
}

func TestCheckDoesNotWaitForEver(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	begun := time.Now()
	require.Error(t, Check(t.Context(), server.URL))
	require.Less(t, time.Since(begun), 2*Patience)
}

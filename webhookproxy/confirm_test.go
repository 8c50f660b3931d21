package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConfirmAsksOnceAndFollowsNothing(t *testing.T) {
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/refused":
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	require.NoError(t, confirm(t.Context(), server.URL+"/?Token=canary"))
	for path, want := range map[string]string{"/moved": "302", "/refused": "403"} {
		err := confirm(t.Context(), server.URL+path+"?Token=canary")
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "canary")
	}
	require.Equal(t, map[string]int{"/": 1, "/moved": 1, "/refused": 1}, asked)
	server.Close()
	err := confirm(t.Context(), server.URL+"/?Token=canary")
	require.ErrorContains(t, err, "could not be reached")
	require.NotContains(t, err.Error(), "canary")
	http.DefaultClient.CloseIdleConnections()
}

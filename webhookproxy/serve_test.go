package main

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServerHasEveryLimit(t *testing.T) {
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	require.Equal(t, 5*time.Second, server.ReadHeaderTimeout)
	require.Equal(t, 15*time.Second, server.ReadTimeout)
	require.Equal(t, 32<<10, server.MaxHeaderBytes)
	require.Positive(t, server.IdleTimeout)
	require.Greater(t, server.WriteTimeout, server.ReadTimeout+8*time.Second, "the slowest body and the longest budget")
	require.Less(t, drainTimeout, 10*time.Second)
	require.Greater(t, drainTimeout, 8*time.Second, "the longest budget")
}

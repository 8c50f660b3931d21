// Package sandboxtest opens a sandbox for a test.
//
// Called by the tests of the vendors' adapters, of the programs and of the whole
// house. It owns the sandbox's address and its accounts. It promises that both
// are the test's own, and that nothing is left of the sandbox after the test.
package sandboxtest

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
)

// patience is how long the sandbox may take to close.
const patience = 10 * time.Second

// Sandbox is a sandbox that can be called.
type Sandbox struct {
	*sandbox.Server
	// Secrets are what the vendors take.
	Secrets sandbox.Secrets
	// URL is where it listens. Each vendor has a path below it.
	URL string
}

// Open opens a sandbox with accounts of its own, at an address of its own.
func Open(t testing.TB, config sandbox.Config) *Sandbox {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	config.Secrets = secrets
	server, err := sandbox.New(config)
	require.NoError(t, err)
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		listener.CloseClientConnections() // also those on which a call hangs
		listener.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, server.Close(ctx))
	})
	require.NoError(t, server.SetBaseURL(listener.URL))
	return &Sandbox{Server: server, Secrets: secrets, URL: listener.URL}
}

// Environment is what leads a program here instead of to the vendors.
func (s *Sandbox) Environment(t testing.TB) map[string]string {
	t.Helper()
	environment, err := sandbox.Config{Secrets: s.Secrets, BaseURL: s.URL}.Environment()
	require.NoError(t, err)
	return environment
}

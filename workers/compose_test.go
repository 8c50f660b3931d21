package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/deployment"
)

// TestComposeFitsTheWorker: the access token is for trials; in the compose file
// the account's file is mounted.
func TestComposeFitsTheWorker(t *testing.T) {
	set := deployment.FitsWith[settings](t, "worker", deployment.AWS(), "GOOGLE_ACCESS_TOKEN")
	require.NoError(t, set.check())
	worker := deployment.Load(t, deployment.Example()).Services["worker"]
	require.Greater(t, time.Duration(*worker.StopGracePeriod), set.StopTimeout, "what runs may finish")
}

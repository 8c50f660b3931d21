package main

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/deployment"
	"guestjourney/webhookproxy/providers"
)

func TestComposeFitsTheProxy(t *testing.T) {
	deployment.FitsWith[settings](t, "proxy", slices.Concat(providers.Variables(), deployment.AWS()))
	project := deployment.Load(t, deployment.Example())
	for name, value := range deployment.Environment(t, project, "proxy") {
		t.Setenv(name, value)
	}
	read, err := loadSettings(t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NotEmpty(t, read.declared)
	require.Greater(t, time.Duration(*project.Services["proxy"].StopGracePeriod), drainTimeout, "requests under way may finish")
}

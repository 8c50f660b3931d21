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

func TestComposeFitsTheTelemetryProcess(t *testing.T) {
	set := deployment.FitsWith[telemetrySettings](t, "telemetry", deployment.AWS())
	require.Equal(t, 2557*24*time.Hour, set.Keep.retention().Transitions, "seven years")
	project := deployment.Load(t, deployment.Example())
	for name, value := range deployment.Environment(t, project, "telemetry") {
		t.Setenv(name, value)
	}
	_, err := loadTelemetry(t.Context(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "TELEMETRY_SECRET")
	t.Setenv("TELEMETRY_SECRET", deployment.Example()["GUEST_WEBHOOK_SECRETS"])
	t.Setenv("DEVICE_KEYS", "monitor-7="+deviceKey)
	t.Setenv("STAFF_FILE", "../deploy/staff/example.json")
	_, err = loadTelemetry(t.Context(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Greater(t, time.Duration(*project.Services["telemetry"].StopGracePeriod), drainTimeout+5*time.Second, "sessions are given back")
}

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

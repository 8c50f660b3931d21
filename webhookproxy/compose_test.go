package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/deployment"
	"guestjourney/webhookproxy/providers"
)

func TestComposeFitsTheProxy(t *testing.T) {
	deployment.FitsWith[settings](t, "proxy", providers.Variables())
	project := deployment.Load(t, deployment.Example())
	for name, value := range deployment.Environment(t, project, "proxy") {
		t.Setenv(name, value)
	}
	read, err := loadSettings()
	require.NoError(t, err)
	require.NotEmpty(t, read.declared)
	require.Greater(t, time.Duration(*project.Services["proxy"].StopGracePeriod), drainTimeout, "requests under way may finish")
}

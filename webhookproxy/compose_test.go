package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/deployment"
)

func TestComposeFitsTheProxy(t *testing.T) {
	deployment.Fits[settings](t, "proxy")
	project := deployment.Load(t, deployment.Example())
	for name, value := range deployment.Environment(t, project, "proxy") {
		t.Setenv(name, value)
	}
	_, declared, err := loadSettings()
	require.NoError(t, err)
	require.Len(t, declared, 5)
	require.Greater(t, time.Duration(*project.Services["proxy"].StopGracePeriod), drainTimeout, "requests under way may finish")
}

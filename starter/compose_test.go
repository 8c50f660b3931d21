package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/deployment"
)

func TestComposeFitsTheStarter(t *testing.T) {
	set := deployment.Fits[codecSettings](t, "codec")
	require.NoError(t, set.check())
	deployment.Fits[settings](t, "starter")
	// The set-up step has no settings of its own, and gets no key.
	deployment.Fits[struct {
		Address   string `env:"TEMPORAL_ADDRESS,required"`
		Namespace string `env:"TEMPORAL_NAMESPACE,required"`
	}](t, "setup")
}

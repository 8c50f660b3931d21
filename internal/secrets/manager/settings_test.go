package manager_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/config"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

var needed = []secrets.Name{secrets.StripeAPIKey, secrets.SendGridAPIKey}

func environment(variables map[string]string) secrets.Environment {
	return func(variable string) string { return variables[variable] }
}

func TestTheEnvironmentIsTheDefault(t *testing.T) {
	set, err := config.LoadFrom[manager.Settings](nil)
	require.NoError(t, err)
	assert.False(t, set.Managed())
	cache, err := set.Open(t.Context(), environment(map[string]string{"STRIPE_SECRET_KEY": "sk_1", "SENDGRID_API_KEY": "SG.1"}), slog.Default(), needed...)
	require.NoError(t, err)
	text, err := cache.Named(secrets.StripeAPIKey).Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "sk_1", text)
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := manager.Settings{}.Open(t.Context(), environment(nil), slog.Default(), needed...)
	require.EqualError(t, err, "STRIPE_SECRET_KEY: is empty; SENDGRID_API_KEY: is empty")
	assert.Equal(t, 2, config.ExitCode(err))
	_, err = manager.Settings{Provider: "vault"}.Open(t.Context(), environment(nil), slog.Default())
	require.EqualError(t, err, "SECRETS_PROVIDER: want environment or aws")
}

func TestAWSIsTheOther(t *testing.T) {
	server := managertest.Serve(t)
	set := manager.Settings{Provider: manager.ProviderAWS, Prefix: prefix, BaseURL: server.URL}
	assert.True(t, set.Managed())
	_, err := set.Open(t.Context(), environment(map[string]string{"STRIPE_SECRET_KEY": "sk_environment"}), slog.Default(), needed...)
	require.EqualError(t, err, "read guestjourney/test/stripe_api_key: AWS Secrets Manager refuses with ResourceNotFoundException")
	assert.Equal(t, 1, config.ExitCode(err), "AWS may have it later; no variable is wrong")

	server.Put(prefix+"stripe_api_key", "sk_manager", "AWSCURRENT")
	server.Put(prefix+"sendgrid_api_key", "SG.manager", "AWSCURRENT")
	cache, err := set.Open(t.Context(), environment(nil), slog.Default(), needed...)
	require.NoError(t, err)
	text, err := cache.Named(secrets.StripeAPIKey).Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "sk_manager", text)

	t.Setenv("AWS_REGION", "")
	_, err = set.Open(t.Context(), environment(nil), slog.Default())
	require.ErrorContains(t, err, "SECRETS_PROVIDER: aws: no region of AWS")
	assert.Equal(t, 2, config.ExitCode(err))
}

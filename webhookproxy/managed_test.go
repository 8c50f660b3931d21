package main

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	kept "guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

func open(t *testing.T, set settings) (*managed, error) {
	t.Helper()
	return openManaged(t.Context(), set, slog.New(slog.DiscardHandler))
}

func own(variable string) string { return "own " + variable }

func TestNothingIsManagedByDefault(t *testing.T) {
	m, err := open(t, settings{})
	require.NoError(t, err)
	assert.Equal(t, "own TWILIO_AUTH_TOKEN", m.environment(own)("TWILIO_AUTH_TOKEN"))
	assert.Nil(t, m.databasePassword())
}

// TestEveryTokenThatTwilioMaySignWith: while one rotates there are up to three.
func TestEveryTokenThatTwilioMaySignWith(t *testing.T) {
	aws := managertest.Serve(t)
	set := settings{Secrets: manager.Settings{Provider: manager.ProviderAWS, BaseURL: aws.URL}}
	_, err := open(t, set)
	require.ErrorContains(t, err, "read twilio_auth_token: AWS Secrets Manager refuses with ResourceNotFoundException")

	aws.Put("twilio_auth_token", "last", "AWSCURRENT")
	aws.Put("twilio_auth_token", "present", "AWSCURRENT")
	aws.Put("twilio_auth_token", "next", "AWSPENDING")
	m, err := open(t, set)
	require.NoError(t, err)
	environment := m.environment(own)
	assert.Equal(t, "present,next,last", environment("TWILIO_AUTH_TOKEN"))
	assert.Equal(t, "own STRIPE_WEBHOOK_SECRETS", environment("STRIPE_WEBHOOK_SECRETS"))
	aws.Fail(500, "InternalServiceError")
	assert.Equal(t, "present,next,last", environment("TWILIO_AUTH_TOKEN"))
}

func TestTheDatabasesPasswordIsManagedUnlessTheURLHasOne(t *testing.T) {
	aws := managertest.Serve(t)
	aws.Put("twilio_auth_token", "present", "AWSCURRENT")
	set := settings{Secrets: manager.Settings{Provider: manager.ProviderAWS, BaseURL: aws.URL}}
	set.DatabaseURL = "postgres://proxy:own@inbox.example/inbox"
	m, err := open(t, set)
	require.NoError(t, err)
	assert.Nil(t, m.databasePassword())

	set.DatabaseURL = "postgres://proxy@inbox.example/inbox"
	_, err = open(t, set)
	require.ErrorContains(t, err, "database_password")
	aws.Put(string(kept.DatabasePassword), "managed", "AWSCURRENT")
	m, err = open(t, set)
	require.NoError(t, err)
	password, err := m.databasePassword().Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "managed", password)
}

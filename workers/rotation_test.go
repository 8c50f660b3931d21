package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager/managertest"
	"guestjourney/internal/setup"
	"guestjourney/workflows/health"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/rotation"
)

// TestSecretsAreReplacedWithoutARestart: the schedule begins a rotation of each
// secret that is old. The house makes its own key; Stripe's comes from a person, is
// tried at Stripe, and the adapters sign in with it; what Twilio refuses never
// comes in force. Workers, Temporal and the vendors are real or speak as they do.
func TestSecretsAreReplacedWithoutARestart(t *testing.T) {
	account := managertest.Serve(t)
	for _, name := range []secrets.Name{secrets.StripeAPIKey, secrets.SendGridAPIKey, secrets.TwilioAuthToken, secrets.JWTSigningKey} {
		account.Put(string(name), "the text of last year", "AWSCURRENT")
		account.Age(string(name), 2*time.Hour)
	}
	account.Put(string(secrets.SendGridAPIKey), "a young one", "AWSCURRENT")
	w := newWatchedWorld(t, map[string]string{
		"SECRETS_PROVIDER": "aws", "SECRETS_BASE_URL": account.URL, "SECRETS_ROTATE_EVERY": "1h", "SECRETS_OVERLAP": "1s",
		"STRIPE_SECRET_KEY": "", "SENDGRID_API_KEY": "",
	})
	schedule := w.temporal.ScheduleClient().GetHandle(t.Context(), setup.RotationSchedule)
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))

	w.rotates(secrets.JWTSigningKey, rotation.StageDone)
	assert.Len(t, account.At(string(secrets.JWTSigningKey), "AWSCURRENT"), 43)
	assert.Equal(t, "the text of last year", account.At(string(secrets.JWTSigningKey), "AWSPREVIOUS"))

	w.rotates(secrets.StripeAPIKey, rotation.StageAwaiting)
	account.Put(string(secrets.StripeAPIKey), w.sandbox.Secrets.StripeKey, "AWSPENDING")
	w.tells(secrets.StripeAPIKey, rotation.UpdateProvided)
	w.rotates(secrets.StripeAPIKey, rotation.StageRetiring)
	assert.Equal(t, w.sandbox.Secrets.StripeKey, account.At(string(secrets.StripeAPIKey), "AWSCURRENT"))
	w.until(func(view health.Overview) bool { return stateOf(view, "stripe") == health.StateUp })
	w.tells(secrets.StripeAPIKey, rotation.UpdateRetired)
	w.rotates(secrets.StripeAPIKey, rotation.StageDone)

	w.rotates(secrets.TwilioAuthToken, rotation.StageAwaiting)
	account.Put(string(secrets.TwilioAuthToken), "00000000000000000000000000000000", "AWSPENDING")
	w.tells(secrets.TwilioAuthToken, rotation.UpdateProvided)
	w.shows("Attention = 'secret_refused:twilio_auth_token:20003'")
	assert.Equal(t, map[string]string{"AWSCURRENT": "the text of last year"}, account.Texts(string(secrets.TwilioAuthToken)))
	account.Put(string(secrets.TwilioAuthToken), w.sandbox.Secrets.TwilioAuthToken, "AWSPENDING")
	w.tells(secrets.TwilioAuthToken, rotation.UpdateProvided)
	w.rotates(secrets.TwilioAuthToken, rotation.StageRetiring)

	_, err := w.temporal.DescribeWorkflowExecution(t.Context(), rotation.IDPrefix+string(secrets.SendGridAPIKey), "")
	assert.Error(t, err, "what is young is left alone")
}

// rotates waits until a secret's rotation is at a stage.
func (w *watchedWorld) rotates(name secrets.Name, stage string) {
	w.t.Helper()
	var view rotation.Overview
	require.Eventually(w.t, func() bool {
		answer, err := w.temporal.QueryWorkflow(w.t.Context(), rotation.IDPrefix+string(name), "", kit.QueryStatus)
		return err == nil && answer.Get(&view) == nil && view.Stage == stage
	}, patience, 100*time.Millisecond, "%s %+v", stage, &view)
}

func (w *watchedWorld) tells(name secrets.Name, update string) {
	w.t.Helper()
	handle, err := w.temporal.UpdateWorkflow(w.t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: rotation.IDPrefix + string(name), UpdateName: update, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{kit.Envelope{Actor: "eva", Role: kit.RoleEngineer, Reason: "test"}},
	})
	require.NoError(w.t, err)
	require.NoError(w.t, handle.Get(w.t.Context(), nil))
}

func stateOf(view health.Overview, provider string) string {
	for _, p := range view.Providers {
		if p.Provider == provider {
			return p.State
		}
	}
	return ""
}

package integration

import (
	"context"
	"net/http/httptest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager/managertest"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/replaytest"
	"guestjourney/workflows/rotation"
)

// rotated is a house of its own, whose secrets are kept by AWS. A round begins
// what is due: the house's own key is replaced; a person's is refused, given up
// when it is in force, and awaited in a run that stays open.
func (r *recorder) rotated() func() {
	ctx := context.Background()
	account := managertest.New()
	listener := httptest.NewServer(account)
	r.t.Cleanup(listener.Close)
	for _, name := range []secrets.Name{secrets.StripeAPIKey, secrets.SendGridAPIKey, secrets.TwilioAuthToken, secrets.JWTSigningKey} {
		account.Put(string(name), "the text of last year", "AWSCURRENT")
	}
	for _, name := range []secrets.Name{secrets.TwilioAuthToken, secrets.JWTSigningKey} {
		account.Age(string(name), 2*time.Hour)
	}
	own := &recorder{files: r.files, house: open(r.t, settings{keys: replaytest.Key, alone: true, env: []string{
		"SECRETS_PROVIDER=aws", "SECRETS_BASE_URL=" + listener.URL, "SECRETS_ROTATE_EVERY=1h", "SECRETS_OVERLAP=1s",
		"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIATEST", "AWS_SECRET_ACCESS_KEY=test",
	}})}
	round, err := own.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "rotation/round-1", TaskQueue: options.QueueJourneys}, rotation.RoundType)
	require.NoError(r.t, err)
	require.NoError(r.t, round.Get(ctx, nil))
	require.NoError(r.t, own.client.GetWorkflow(ctx, rotation.IDPrefix+string(secrets.JWTSigningKey), "").Get(ctx, nil))

	token := string(secrets.TwilioAuthToken)
	own.offers(account, "00000000000000000000000000000000")
	own.turns(func(view rotation.Overview) bool { return view.Refused != "" })
	own.leave(rotation.IDPrefix + token)
	own.offers(account, own.sandbox.Secrets.TwilioAuthToken)
	own.turns(func(view rotation.Overview) bool { return view.Stage == rotation.StageRetiring })
	own.tell(kit.UpdateCancel)
	require.NoError(r.t, own.client.GetWorkflow(ctx, rotation.IDPrefix+token, "").Get(ctx, nil))
	_, err = own.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: rotation.IDPrefix + token, TaskQueue: options.QueueJourneys}, rotation.Type, rotation.Input{Secret: token})
	require.NoError(r.t, err)
	own.turns(func(view rotation.Overview) bool { return view.Stage == rotation.StageAwaiting })
	return func() {
		for id, workflowType := range map[string]string{
			"rotation/round-1": rotation.RoundType, rotation.IDPrefix + string(secrets.JWTSigningKey): rotation.Type,
		} {
			own.visible(id, 1)
			own.keepRuns("secret_replaced", "WorkflowId = '"+id+"'", workflowType)
		}
		own.visible(rotation.IDPrefix+token, 3)
		own.keepRuns("secret_refused", "WorkflowId = '"+rotation.IDPrefix+token+"'", rotation.Type)
	}
}

// offers puts a text on trial, as a person does, and says so.
func (r *recorder) offers(account *managertest.Server, text string) {
	r.t.Helper()
	account.Put(string(secrets.TwilioAuthToken), text, "AWSPENDING")
	r.turns(func(view rotation.Overview) bool { return view.Stage == rotation.StageAwaiting })
	r.tell(rotation.UpdateProvided)
}

func (r *recorder) tell(update string) {
	r.t.Helper()
	handle, err := r.client.UpdateWorkflow(context.Background(), client.UpdateWorkflowOptions{
		WorkflowID: rotation.IDPrefix + string(secrets.TwilioAuthToken), UpdateName: update, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{kit.Envelope{Actor: "eva", Role: kit.RoleEngineer, Reason: "recording"}},
	})
	require.NoError(r.t, err)
	require.NoError(r.t, handle.Get(context.Background(), nil))
}

// turns waits until the rotation of Twilio's token is as wanted.
func (r *recorder) turns(wanted func(rotation.Overview) bool) {
	r.t.Helper()
	r.eventually(30*time.Second, "the rotation goes on", func() bool {
		var view rotation.Overview
		value, err := r.client.QueryWorkflow(context.Background(), rotation.IDPrefix+string(secrets.TwilioAuthToken), "", kit.QueryStatus)
		return err == nil && value.Get(&view) == nil && wanted(view)
	})
}

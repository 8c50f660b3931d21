package main

import (
	"bytes"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

// TestKeysThatRotateAreTakenUpWithoutARestart: the adapters live, the keys of
// their vendors change under them, and a hundred calls at once are all made, with
// one more look into AWS Secrets Manager for each key.
func TestKeysThatRotateAreTakenUpWithoutARestart(t *testing.T) {
	vendors := sandboxtest.Open(t, sandbox.Config{})
	aws := managertest.Serve(t)
	set := vendorSettings(vendors.Secrets, vendors.URL)
	set.RecordsDir = t.TempDir()
	set.Stripe.SecretKey, set.SendGrid.APIKey = "", ""
	set.Secrets = manager.Settings{Provider: manager.ProviderAWS, BaseURL: aws.URL}
	set.RotateEvery, set.Overlap = time.Hour, time.Minute
	for _, name := range []secrets.Name{secrets.StripeAPIKey, secrets.SendGridAPIKey} {
		aws.Put(string(name), "the key of last year", "AWSCURRENT")
	}
	store, err := manager.OpenStore(t.Context(), set.Secrets)
	require.NoError(t, err)
	var later atomic.Int64
	keys := secrets.NewCache(store, secrets.Options{
		Logger: slog.New(slog.DiscardHandler),
		Now:    func() time.Time { return time.Unix(1_800_000_000, later.Load()) },
	})
	out, err := newAdapters(t.Context(), set, keys, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	t.Cleanup(out.close)
	require.ErrorContains(t, out.payments.Ping(t.Context()), "status 401")
	require.ErrorContains(t, out.email.Ping(t.Context()), "status 401")

	aws.Put(string(secrets.StripeAPIKey), vendors.Secrets.StripeKey, "AWSCURRENT")
	aws.Put(string(secrets.SendGridAPIKey), vendors.Secrets.SendGridKey, "AWSCURRENT")
	later.Store(int64(secrets.Pause))
	before := aws.Calls("GetSecretValue")
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			assert.NoError(t, out.payments.Ping(t.Context()))
			assert.NoError(t, out.email.Ping(t.Context()))
		})
	}
	all.Wait()
	assert.Equal(t, before+2, aws.Calls("GetSecretValue"))
}

func TestAKeyThatIsNotInSecretsManagerEndsTheStart(t *testing.T) {
	aws := managertest.Serve(t)
	environment(t, "http://127.0.0.1:1", map[string]string{"SECRETS_PROVIDER": "aws", "SECRETS_BASE_URL": aws.URL, "STRIPE_SECRET_KEY": "", "SENDGRID_API_KEY": ""})
	var log bytes.Buffer
	require.Equal(t, 1, run(t.Context(), &log))
	require.Equal(t, "workers: read stripe_api_key: AWS Secrets Manager refuses with ResourceNotFoundException\n", log.String())
}

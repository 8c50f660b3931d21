package manager_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/freeport"
	"guestjourney/internal/secrets"
	"guestjourney/internal/secrets/conformance"
	"guestjourney/internal/secrets/manager"
	"guestjourney/internal/secrets/manager/managertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const prefix = "guestjourney/test/"

func open(t *testing.T, baseURL string) *manager.Store {
	t.Helper()
	store, err := manager.OpenStore(t.Context(), manager.Settings{Prefix: prefix, BaseURL: baseURL})
	require.NoError(t, err)
	return store
}

func TestSecretsManager(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		server := managertest.Serve(t)
		return conformance.Harness{
			Store: open(t, server.URL),
			Put:   func(name secrets.Name, text string) { server.Put(prefix+string(name), text, string(secrets.Current)) },
		}
	})
}

func TestEveryStageIsReadByItself(t *testing.T) {
	server := managertest.Serve(t)
	store := open(t, server.URL)
	server.Put(prefix+string(secrets.TwilioAuthToken), "first", "AWSCURRENT")
	server.Put(prefix+string(secrets.TwilioAuthToken), "second", "AWSCURRENT")
	server.Put(prefix+string(secrets.TwilioAuthToken), "third", "AWSPENDING")
	for stage, want := range map[secrets.Stage]string{secrets.Current: "second", secrets.Pending: "third", secrets.Previous: "first"} {
		value, err := store.Read(t.Context(), secrets.TwilioAuthToken, stage)
		require.NoError(t, err)
		assert.Equal(t, want, value.Text, stage)
	}
}

// Our own cache and Temporal ask again; the SDK does not.
func TestOneCallIsOneRequest(t *testing.T) {
	server := managertest.Serve(t)
	store := open(t, server.URL)
	server.Put(prefix+string(secrets.StripeAPIKey), "sk_first", "AWSCURRENT")
	for code, status := range map[string]int{"InternalServiceError": 500, "ThrottlingException": 400, "AccessDeniedException": 400} {
		before := server.Calls("GetSecretValue")
		server.Fail(status, code)
		_, err := store.Read(t.Context(), secrets.StripeAPIKey, secrets.Current)
		assert.ErrorContains(t, err, code)
		assert.ErrorContains(t, err, prefix+"stripe_api_key")
		assert.NotContains(t, err.Error(), "may quote")
		assert.NotErrorIs(t, err, secrets.ErrNotFound)
		assert.Equal(t, before+1, server.Calls("GetSecretValue"))
	}
	server.Heal()
	_, err := store.Read(t.Context(), secrets.StripeAPIKey, secrets.Current)
	require.NoError(t, err)
}

func TestNobodyThereIsOneLine(t *testing.T) {
	managertest.Serve(t)
	_, err := open(t, "http://"+freeport.Address(t)).Read(t.Context(), secrets.StripeAPIKey, secrets.Current)
	require.ErrorContains(t, err, "read guestjourney/test/stripe_api_key: AWS Secrets Manager does not answer")
	var network *net.OpError
	require.ErrorAs(t, err, &network, "the cause is kept")
}

func TestACallEndsWithItsContext(t *testing.T) {
	managertest.Serve(t)
	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(hang) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := open(t, silent.URL).Read(ctx, secrets.StripeAPIKey, secrets.Current)
	require.True(t, errors.Is(err, context.DeadlineExceeded), "%v", err)
}

func TestOpenNamesWhatIsMissing(t *testing.T) {
	managertest.Serve(t)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	_, err := manager.OpenStore(t.Context(), manager.Settings{})
	require.ErrorContains(t, err, "set AWS_REGION")
}

func TestATextIsWanted(t *testing.T) {
	server := managertest.Serve(t)
	server.Put(prefix+string(secrets.StripeAPIKey), "", "AWSCURRENT")
	_, err := open(t, server.URL).Read(t.Context(), secrets.StripeAPIKey, secrets.Current)
	require.ErrorContains(t, err, "store the secret as plain text")
}

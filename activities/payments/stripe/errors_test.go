package stripe_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/payments"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
)

// answering is a gateway before a server that always answers the same, and
// what the gateway logs.
func answering(t *testing.T, status int, header http.Header, body string) (*stripe.Gateway, *strings.Builder) {
	t.Helper()
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(listener.Close)
	log := &strings.Builder{}
	out, err := provider.New(provider.Config{Name: "stripe", BaseURL: listener.URL, Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	require.NoError(t, err)
	t.Cleanup(out.Close)
	gateway, err := stripe.New(stripe.Config{SecretKey: provider.Fixed("sk_test_123"), ReturnURL: "https://guests.example/thanks"}, out)
	require.NoError(t, err)
	return gateway, log
}

func problem(kind, code string) string {
	return `{"error":{"type":"` + kind + `","code":"` + code + `","message":"ana@example.com was refused"}}`
}

// TestErrorClasses holds Stripe's errors to their classes, and that none of
// their texts leaves the adapter.
func TestErrorClasses(t *testing.T) {
	none := http.Header{}
	for name, want := range map[string]struct {
		status int
		header http.Header
		body   string
		class  failure.Class
		wait   time.Duration
	}{
		"invalid request":        {400, none, problem("invalid_request_error", "parameter_invalid_integer"), failure.Permanent, 0},
		"unknown object":         {404, none, problem("invalid_request_error", "resource_missing"), failure.Permanent, 0},
		"wrong key":              {401, none, problem("invalid_request_error", ""), failure.Permanent, 0},
		"forbidden":              {403, none, problem("invalid_request_error", ""), failure.Permanent, 0},
		"decline without intent": {402, none, problem("card_error", "card_declined"), failure.Permanent, 0},
		"other parameters":       {400, none, problem("idempotency_error", ""), failure.EffectConflict, 0},
		"rate":                   {429, http.Header{"Retry-After": {"3"}}, problem("invalid_request_error", "rate_limit"), failure.Throttled, 3 * time.Second},
		"lock timeout":           {429, none, problem("invalid_request_error", "lock_timeout"), failure.Throttled, 0},
		"key in use":             {409, none, problem("invalid_request_error", "idempotency_key_in_use"), failure.Throttled, 0},
		"server error":           {500, none, problem("api_error", ""), failure.Ambiguous, 0},
		"server error, final":    {500, http.Header{"Stripe-Should-Retry": {"false"}}, problem("api_error", ""), failure.Ambiguous, 0},
		"bad gateway, a page":    {502, none, "<html>ana@example.com", failure.Ambiguous, 0},
		"unavailable":            {503, none, problem("api_error", ""), failure.Ambiguous, 0},
		"gateway timeout":        {504, none, "", failure.Ambiguous, 0},
		"not JSON":               {200, none, "<html>ana@example.com", failure.Ambiguous, 0},
		"forbidden, a page":      {403, none, "<html>ana@example.com", failure.Permanent, 0},
	} {
		t.Run(name, func(t *testing.T) {
			gateway, log := answering(t, want.status, want.header, want.body)
			_, err := gateway.EnsureCustomer(t.Context(), effect(true), guest)
			var failed *failure.Error
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, want.class, failed.Class)
			assert.Equal(t, want.status, failed.Status)
			assert.Equal(t, want.wait, failed.RetryAfter)
			assert.NotContains(t, err.Error(), "ana@")
			if failed.Err != nil {
				assert.NotContains(t, failed.Err.Error(), "ana@")
			}
			assert.NotContains(t, log.String(), "ana@")
			assert.NotContains(t, log.String(), "sk_test")
			assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one call is one attempt and one line")
		})
	}
}

// TestNoClientSecretLeaves: Stripe's payment has one; whoever holds it can act
// on the payment.
func TestNoClientSecretLeaves(t *testing.T) {
	intent := `{"id":"pi_1","object":"payment_intent","status":"requires_payment_method","amount":50000,"currency":"usd","client_secret":"pi_1_secret_x","metadata":{"step":"balance"}}`
	for name, want := range map[string]struct {
		code, decline string
		status        payments.AttemptStatus
	}{
		"declined":       {"card_declined", "insufficient_funds", payments.AttemptDeclined},
		"authentication": {"authentication_required", "authentication_required", payments.AttemptActionable},
	} {
		gateway, log := answering(t, http.StatusPaymentRequired, nil,
			`{"error":{"type":"card_error","code":"`+want.code+`","decline_code":"`+want.decline+`","message":"no","payment_intent":`+intent+`}}`)
		attempt, err := gateway.ChargeSaved(t.Context(), effect(true), charge)
		require.NoError(t, err, "%s is an answer", name)
		assert.Equal(t, payments.Attempt{
			Kind: payments.KindCharge, ID: "pi_1", Step: "balance", Status: want.status, Amount: dollars, PaymentID: "pi_1", DeclineCode: want.decline,
		}, attempt)
		text, err := json.Marshal(attempt)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "secret")
		assert.NotContains(t, log.String(), "secret")
	}
}

package stripe_test

import (
	"context"
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
	"guestjourney/activities/provider/providertest"
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
		"lock timeout, no rate":  {400, none, problem("invalid_request_error", "lock_timeout"), failure.Throttled, 0},
		"key in use":             {409, none, problem("invalid_request_error", "idempotency_key_in_use"), failure.Throttled, 0},
		"key in use, by type":    {409, none, problem("idempotency_error", "idempotency_key_in_use"), failure.Throttled, 0},
		"told to try again":      {400, http.Header{"Stripe-Should-Retry": {"true"}}, problem("api_error", ""), failure.Ambiguous, 0},
		"told to leave it":       {409, http.Header{"Stripe-Should-Retry": {"false"}}, problem("api_error", ""), failure.Permanent, 0},
		"rate, told to leave it": {429, http.Header{"Stripe-Should-Retry": {"false"}, "Retry-After": {"3"}}, problem("invalid_request_error", "rate_limit"), failure.Permanent, 0},
		"server error":           {500, none, problem("api_error", ""), failure.Ambiguous, 0},
		// The next try looks for the object first: that is no blind repetition.
		"server error, final": {500, http.Header{"Stripe-Should-Retry": {"false"}}, problem("api_error", ""), failure.Ambiguous, 0},
		"bad gateway, a page": {502, none, "<html>ana@example.com", failure.Ambiguous, 0},
		"unavailable":         {503, none, problem("api_error", ""), failure.Ambiguous, 0},
		"unavailable, a wish": {503, http.Header{"Retry-After": {"3"}}, problem("api_error", ""), failure.Ambiguous, 3 * time.Second},
		"gateway timeout":     {504, none, "", failure.Ambiguous, 0},
		"not JSON":            {200, none, "<html>ana@example.com", failure.Ambiguous, 0},
		"forbidden, a page":   {403, none, "<html>ana@example.com", failure.Permanent, 0},
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

// TestClassesOfEveryCall: two calls at the same moment meet in a 409, which passes.
func TestClassesOfEveryCall(t *testing.T) {
	providertest.Classes(t, "stripe", map[int]failure.Class{http.StatusConflict: failure.Ambiguous}, func(ctx context.Context, out *provider.Client) error {
		gateway, err := stripe.New(stripe.Config{SecretKey: provider.Fixed("sk_test_123"), ReturnURL: "https://guests.example/thanks"}, out)
		require.NoError(t, err)
		_, err = gateway.EnsureCustomer(ctx, effect(true), guest)
		return err
	})
}

// TestALookUpThatFailsIsTriedAgain: what only reads may be read again after any 5xx.
func TestALookUpThatFailsIsTriedAgain(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		gateway, _ := answering(t, status, nil, problem("api_error", ""))
		_, err := gateway.Attempts(t.Context(), payments.AttemptsRequest{CustomerID: "cus_1", WorkflowID: "pay/1"})
		var failed *failure.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, failure.Ambiguous, failed.Class, status)
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

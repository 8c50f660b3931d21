package stripe_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
	"guestjourney/internal/sandbox"
)

// trouble is a gateway before a sandbox whose clock the test moves.
type trouble struct {
	*stripe.Gateway
	server  *sandbox.Server
	log     *strings.Builder
	elapsed atomic.Int64
	between func(*http.Request) // runs before a request arrives; nil: nothing
}

func (w *trouble) now() time.Time { return time.Now().Add(time.Duration(w.elapsed.Load())) }

func troubled(t *testing.T) *trouble {
	t.Helper()
	w := &trouble{log: &strings.Builder{}}
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	w.server, err = sandbox.New(sandbox.Config{Secrets: secrets, Clock: w.now})
	require.NoError(t, err)
	listener := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if w.between != nil {
			w.between(request)
		}
		w.server.Handler().ServeHTTP(answer, request)
	}))
	t.Cleanup(func() { listener.Close(); require.NoError(t, w.server.Close(context.Background())) })
	out, err := provider.New(provider.Config{Name: "stripe", BaseURL: listener.URL + "/stripe", Circuit: provider.Circuit{Failures: 100, Open: time.Minute}, Logger: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	require.NoError(t, err)
	t.Cleanup(out.Close)
	w.Gateway, err = stripe.New(stripe.Config{SecretKey: provider.Fixed(secrets.StripeKey), ReturnURL: "https://guests.example/thanks", Clock: w.now}, out)
	require.NoError(t, err)
	return w
}

func key(name string, firstTry bool) options.Effect {
	return options.Effect{Key: "pay/1/0123456789ab/" + name + "/0", FirstTry: firstTry, Since: time.Now().UTC()}
}

func (w *trouble) page(t *testing.T) (customerID string, page payments.Checkout) {
	t.Helper()
	customer, err := w.EnsureCustomer(t.Context(), key("customer", true), guest)
	require.NoError(t, err)
	request := openPay
	request.CustomerID = customer.ID
	page, err = w.OpenCheckout(t.Context(), key("page", true), request)
	require.NoError(t, err)
	return customer.ID, page
}

func (w *trouble) attempts(t *testing.T, customerID string) []payments.Attempt {
	t.Helper()
	found, err := w.Attempts(t.Context(), payments.AttemptsRequest{CustomerID: customerID, WorkflowID: "pay/1"})
	require.NoError(t, err)
	return found
}

// TestAPageIsOpenedAfterALongOutage: the expiry that was right an hour ago
// would be refused now, and the step parked.
func TestAPageIsOpenedAfterALongOutage(t *testing.T) {
	for _, outage := range []time.Duration{20 * time.Minute, 2 * time.Hour, 30 * time.Hour} {
		w := troubled(t)
		customer, err := w.EnsureCustomer(t.Context(), key("customer", true), guest)
		require.NoError(t, err)
		request := openPay
		request.CustomerID, request.ExpiresAt = customer.ID, time.Now().Add(5*time.Minute)
		first := key("page", true)
		require.NoError(t, w.server.SetFault(sandbox.Fault{Provider: "stripe", Kind: sandbox.Fault500, Count: 1}))
		_, err = w.OpenCheckout(t.Context(), first, request)
		require.Error(t, err)

		w.elapsed.Store(int64(outage))
		later := first
		later.FirstTry = false
		page, err := w.OpenCheckout(t.Context(), later, request)
		require.NoError(t, err, "after %v", outage)
		assert.NotEmpty(t, page.URL)
		assert.GreaterOrEqual(t, page.ExpiresAt.Sub(w.now()), 30*time.Minute)
		assert.Equal(t, 1, w.server.Effects()[first.Key])
	}
}

// TestEveryServerErrorIsGotAround: Stripe stores each 500 for a day.
func TestEveryServerErrorIsGotAround(t *testing.T) {
	w := troubled(t)
	effect := key("customer", true)
	require.NoError(t, w.server.SetFault(sandbox.Fault{Provider: "stripe", Operation: "customers.create", Kind: sandbox.Fault500}))
	for range 5 {
		_, err := w.EnsureCustomer(t.Context(), effect, guest)
		var failed *failure.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, failure.Ambiguous, failed.Class)
		effect.FirstTry = false
	}
	w.server.ClearFaults()
	customer, err := w.EnsureCustomer(t.Context(), effect, guest)
	require.NoError(t, err)
	assert.NotEmpty(t, customer.ID)
	assert.Equal(t, 1, w.server.Effects()[effect.Key])
}

func TestASlowPaymentThatFailsClosesItsPage(t *testing.T) {
	w := troubled(t)
	customer, page := w.page(t)
	_, err := w.server.Pay(page.ID, sandbox.PayOptions{Method: "sepa_debit"})
	require.NoError(t, err)
	attempt := w.attempts(t, customer)[0]
	assert.Equal(t, payments.AttemptProcessing, attempt.Status)
	assert.Zero(t, attempt.CapturedMinor)

	require.NoError(t, w.server.Settle(attempt.PaymentID, false))
	attempt = w.attempts(t, customer)[0]
	assert.Equal(t, payments.AttemptClosed, attempt.Status, "a new page has to be opened")
	assert.NotEmpty(t, attempt.DeclineCode)
}

// TestAPaymentThatBeginsWhileWeReadIsNoChargeOfOurs: the guest pays between the
// two lists.
func TestAPaymentThatBeginsWhileWeReadIsNoChargeOfOurs(t *testing.T) {
	w := troubled(t)
	customer, page := w.page(t)
	lists := 0
	w.between = func(*http.Request) {
		if lists++; lists == 2 {
			_, err := w.server.Pay(page.ID, sandbox.PayOptions{})
			assert.NoError(t, err)
		}
	}
	found := w.attempts(t, customer)
	require.Len(t, found, 1)
	assert.Equal(t, payments.KindCheckout, found[0].Kind)
}

func TestAListWithoutEndIsNoList(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"object":"list","has_more":true,"data":[{"id":"x_1","object":"checkout.session"}]}`))
	}))
	t.Cleanup(server.Close)
	out, err := provider.New(provider.Config{Name: "stripe", BaseURL: server.URL})
	require.NoError(t, err)
	t.Cleanup(out.Close)
	gateway, err := stripe.New(stripe.Config{SecretKey: provider.Fixed("sk_test_123"), ReturnURL: "https://guests.example/thanks"}, out)
	require.NoError(t, err)
	_, err = gateway.Attempts(t.Context(), payments.AttemptsRequest{CustomerID: "cus_1", WorkflowID: "pay/1"})
	var failed *failure.Error
	require.ErrorAs(t, err, &failed, "half a list of payments is a wrong one")
	assert.Equal(t, failure.Permanent, failed.Class)
}

func TestACloseThatIsRefusedAndLeavesItOpenIsAFailure(t *testing.T) {
	gateway, _ := answering(t, http.StatusBadRequest, nil, problem("invalid_request_error", "parameter_unknown"))
	_, err := gateway.CloseAttempt(t.Context(), effect(true), payments.AttemptRef{Kind: payments.KindCheckout, ID: "cs_1"})
	require.Error(t, err)

	w := troubled(t)
	_, page := w.page(t)
	w.between = func(r *http.Request) {
		if r.Method == http.MethodPost {
			r.Header.Set("Idempotency-Key", strings.Repeat("x", 256)) // refused with 400
		}
	}
	_, err = w.CloseAttempt(t.Context(), key("close", true), payments.AttemptRef{Kind: payments.KindCheckout, ID: page.ID})
	require.Error(t, err, "the page is still open")
}

func TestAnUnknownLanguageDoesNotParkThePayment(t *testing.T) {
	w := troubled(t)
	customer, err := w.EnsureCustomer(t.Context(), key("customer", true), guest)
	require.NoError(t, err)
	request := openPay
	request.CustomerID, request.Locale = customer.ID, "es-MX"
	_, err = w.OpenCheckout(t.Context(), key("page", true), request)
	require.NoError(t, err)
}

func TestEachLogLineNamesItsOperation(t *testing.T) {
	w := troubled(t)
	w.page(t)
	for line := range strings.Lines(w.log.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		assert.NotEmpty(t, fields["operation"])
	}
}

func TestAmountsThatStripeCountsDifferently(t *testing.T) {
	for _, money := range []payments.Money{
		{Minor: 5000, Currency: "USD"}, {Minor: 5000, Currency: "JPY"}, {Minor: 5000, Currency: "ISK"},
		{Minor: 5000, Currency: "UGX"}, {Minor: 50000, Currency: "MGA"}, {Minor: 5000, Currency: "KWD"},
	} {
		w := troubled(t)
		customer, err := w.EnsureCustomer(t.Context(), key("customer", true), guest)
		require.NoError(t, err)
		request := openPay
		request.CustomerID, request.Amount = customer.ID, money
		_, err = w.OpenCheckout(t.Context(), key("page", true), request)
		require.NoError(t, err)
		assert.Equal(t, money, w.attempts(t, customer.ID)[0].Amount, "there and back")
		want := map[string]int64{"USD": 5000, "JPY": 5000, "ISK": 500000, "UGX": 500000, "MGA": 500, "KWD": 5000}[money.Currency]
		assert.Equal(t, want, w.server.PaymentPages()[0].Amount, money.Currency)
	}
	w := troubled(t)
	for _, money := range []payments.Money{{Minor: 5001, Currency: "KWD"}, {Minor: 5001, Currency: "MGA"}} {
		request := openPay
		request.Amount = money
		_, err := w.OpenCheckout(t.Context(), key("page", true), request)
		var failed *failure.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, failure.InvalidInput, failed.Class)
	}
}

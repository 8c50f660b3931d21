package stripe_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-mock/embedded"
	mock "github.com/stripe/stripe-mock/server"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/payments/stripe"
	"guestjourney/activities/provider"
)

// description is Stripe's own stand-in with the API description 2023-10-16. It
// checks every request against the description and answers with fixtures.
var description = sync.OnceValues(func() (*mock.StubServer, error) {
	spec, err := mock.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		return nil, err
	}
	fixtures, err := mock.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		return nil, err
	}
	return mock.NewStubServer(fixtures, spec, true, false)
})

// sent is one request as it arrived.
type sent struct{ method, path, key, version string }

// contract is a gateway in front of Stripe's stand-in, and what it has sent.
func contract(t *testing.T) (*stripe.Gateway, *[]sent) {
	t.Helper()
	stub, err := description()
	require.NoError(t, err)
	var requests []sent
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, sent{r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), r.Header.Get("Stripe-Version")})
		stub.HandleRequest(w, r)
	}))
	t.Cleanup(listener.Close)
	out, err := provider.New(provider.Config{Name: "stripe", BaseURL: listener.URL})
	require.NoError(t, err)
	t.Cleanup(out.Close)
	gateway, err := stripe.New(stripe.Config{SecretKey: provider.Fixed("sk_test_123"), ReturnURL: "https://guests.example/thanks"}, out)
	require.NoError(t, err)
	return gateway, &requests
}

func effect(firstTry bool) options.Effect {
	return options.Effect{Key: "pay/1/0123456789ab/step/0", FirstTry: firstTry, Since: time.Now().UTC()}
}

var (
	guest   = payments.Customer{Email: "ana@example.com", Phone: "+14155550134", Name: "Ana", LeadID: "journey/1", GuestRef: "g1"}
	bound   = payments.Purpose{LeadID: "journey/1", CaseID: "1", WorkflowID: "pay/1", Step: "deposit"}
	dollars = payments.Money{Minor: 50000, Currency: "USD"}
	openPay = payments.CheckoutRequest{CustomerID: "cus_1", Amount: dollars, Label: "Seven days", Purpose: bound, ExpiresAt: time.Now().Add(time.Hour), SaveForLater: true, Locale: "es"}
	charge  = payments.ChargeRequest{CustomerID: "cus_1", PaymentMethodID: "pm_1", Amount: dollars, Label: "Seven days", Purpose: bound}
	refund  = payments.RefundRequest{PaymentID: "pi_1", Amount: dollars, Reason: "cancelled", WorkflowID: "pay/1"}
)

// TestRequestsFollowTheDescription sends every request that the adapter can
// make, the look-ups of a later try included, to Stripe's stand-in.
func TestRequestsFollowTheDescription(t *testing.T) {
	for name, make := range map[string]func(*stripe.Gateway, options.Effect) error{
		"customer": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.EnsureCustomer(t.Context(), e, guest)
			return err
		},
		"customer without e-mail": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.EnsureCustomer(t.Context(), e, payments.Customer{Phone: guest.Phone, LeadID: "journey/1", GuestRef: "g1"})
			return err
		},
		"page": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.OpenCheckout(t.Context(), e, openPay)
			return err
		},
		"charge": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.ChargeSaved(t.Context(), e, charge)
			return err
		},
		"refund": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.Refund(t.Context(), e, refund)
			return err
		},
		"list": func(g *stripe.Gateway, _ options.Effect) error {
			_, err := g.Attempts(t.Context(), payments.AttemptsRequest{CustomerID: "cus_1", WorkflowID: "pay/1"})
			return err
		},
	} {
		for _, first := range []bool{true, false} {
			gateway, requests := contract(t)
			require.NoError(t, make(gateway, effect(first)), "%s, first try %v", name, first)
			require.NotEmpty(t, *requests)
			for _, request := range *requests {
				assert.Equal(t, "2023-10-16", request.version)
				if request.method == http.MethodPost {
					assert.Equal(t, effect(first).Key, request.key, "%s: an SDK's own random key is not repeatable", request.path)
				}
			}
		}
	}
}

// TestClosingFollowsTheDescription: the stand-in's fixtures stay open whatever
// is done to them, so only the requests are looked at.
func TestClosingFollowsTheDescription(t *testing.T) {
	for kind, want := range map[payments.AttemptKind][]string{
		payments.KindCheckout: {"/v1/checkout/sessions/x_1/expire", "/v1/checkout/sessions/x_1"},
		payments.KindCharge:   {"/v1/payment_intents/x_1/cancel", "/v1/payment_intents/x_1"},
	} {
		gateway, requests := contract(t)
		_, err := gateway.CloseAttempt(t.Context(), effect(true), payments.AttemptRef{Kind: kind, ID: "x_1"})
		var failed *failure.Error
		if err != nil {
			require.ErrorAs(t, err, &failed)
			require.Zero(t, failed.Status, "%v", err)
		}
		var paths []string
		for _, request := range *requests {
			paths = append(paths, request.path)
		}
		assert.Equal(t, want, paths, "closed, then read")
		assert.Equal(t, effect(true).Key, (*requests)[0].key)
	}
}

// TestTheStandInRefuses is the control: the tests above could not fail if the
// stand-in took everything.
func TestTheStandInRefuses(t *testing.T) {
	stub, err := description()
	require.NoError(t, err)
	for name, want := range map[string]struct{ version, form string }{
		"an unknown parameter": {"2023-10-16", "email=a%40b.c&surprise=1"},
		"another version":      {"2022-11-15", "email=a%40b.c"},
	} {
		request := httptest.NewRequest(http.MethodPost, "/v1/customers", strings.NewReader(want.form))
		request.Header.Set("Authorization", "Bearer sk_test_123")
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Stripe-Version", want.version)
		answer := httptest.NewRecorder()
		stub.HandleRequest(answer, request)
		assert.Equal(t, http.StatusBadRequest, answer.Code, name)
	}
}

package stripe_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	"guestjourney/activities/provider/providertest"
	"guestjourney/internal/sandbox/stripeschema"
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
	calls := map[string]func(*stripe.Gateway, options.Effect) error{
		"EnsureCustomer": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.EnsureCustomer(t.Context(), e, guest)
			return err
		},
		"EnsureCustomer, without e-mail": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.EnsureCustomer(t.Context(), e, payments.Customer{Phone: guest.Phone, LeadID: "journey/1", GuestRef: "g1"})
			return err
		},
		"OpenCheckout": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.OpenCheckout(t.Context(), e, openPay)
			return err
		},
		"ChargeSaved": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.ChargeSaved(t.Context(), e, charge)
			return err
		},
		"Refund": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.Refund(t.Context(), e, refund)
			return err
		},
		"Attempts": func(g *stripe.Gateway, _ options.Effect) error {
			_, err := g.Attempts(t.Context(), payments.AttemptsRequest{CustomerID: "cus_1", WorkflowID: "pay/1"})
			return err
		},
		"TryOut": func(g *stripe.Gateway, e options.Effect) error {
			_, err := g.TryOut(t.Context(), e, payments.TryOut{})
			return unlessUnended(err)
		},
		"CloseAttempt, page":   closing(t, payments.KindCheckout),
		"CloseAttempt, charge": closing(t, payments.KindCharge),
		"Ping":                 func(g *stripe.Gateway, _ options.Effect) error { return g.Ping(t.Context()) },
	}
	for _, method := range append(providertest.Methods[payments.Gateway](), "Ping") {
		covered := slices.ContainsFunc(slices.Collect(maps.Keys(calls)), func(name string) bool {
			return name == method || strings.HasPrefix(name, method+",")
		})
		assert.True(t, covered, "%s: a call of the port's that no contract holds", method)
	}
	for name, make := range calls {
		for _, first := range []bool{true, false} {
			gateway, requests := contract(t)
			require.NoError(t, make(gateway, effect(first)), "%s, first try %v", name, first)
			require.NotEmpty(t, *requests)
			for _, request := range *requests {
				assert.Equal(t, "2023-10-16", request.version)
				if request.method == http.MethodPost {
					own := strings.TrimSuffix(request.key, ".cancel") // a trial is two calls
					assert.Equal(t, effect(first).Key, own, "%s: an SDK's own random key is not repeatable", request.path)
				}
			}
		}
	}
}

// closing closes an attempt of the stand-in's, which stays open whatever is done
// to it: that is no refusal of the request.
func closing(t *testing.T, kind payments.AttemptKind) func(*stripe.Gateway, options.Effect) error {
	return func(g *stripe.Gateway, e options.Effect) error {
		_, err := g.CloseAttempt(t.Context(), e, payments.AttemptRef{Kind: kind, ID: "x_1"})
		return unlessUnended(err)
	}
}

// unlessUnended drops what the adapter says of an object that has not ended: the
// stand-in answers a close with an example of any state.
func unlessUnended(err error) error {
	var failed *failure.Error
	if errors.As(err, &failed) && failed.Status == 0 {
		return nil
	}
	return err
}

// described holds what passes between the adapter and the sandbox to the
// description: requests by Stripe's own stand-in, answers by the schemas.
func described(t *testing.T, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	stub, err := description()
	require.NoError(t, err)
	return &providertest.Held{Next: next, Wrong: func(err error) { t.Error(err) },
		Request: func(request *http.Request, body []byte) error {
			checked := httptest.NewRequest(request.Method, strings.TrimPrefix(request.URL.RequestURI(), "/stripe"), bytes.NewReader(body))
			checked.Header = request.Header.Clone()
			checked.Header.Set("Authorization", "Bearer sk_test_123")
			answer := httptest.NewRecorder()
			if stub.HandleRequest(answer, checked); answer.Code != http.StatusOK {
				return fmt.Errorf("%s %s: %s", request.Method, request.URL.Path, answer.Body)
			}
			held.requests.Add(1)
			return nil
		},
		Answer: func(request *http.Request, status int, _ http.Header, body []byte) error {
			problems, err := stripeschema.Answer(request, status, body)
			if err == nil && len(problems) > 0 {
				err = fmt.Errorf("%q", problems)
			}
			held.answers.Add(1)
			return err
		},
	}
}

// held counts what passed.
var held struct{ requests, answers atomic.Int32 }

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

// TestATrialFollowsTheDescription: see above; the intent is made, found by a
// later try, and cancelled under a key of its own.
func TestATrialFollowsTheDescription(t *testing.T) {
	for _, first := range []bool{true, false} {
		gateway, requests := contract(t)
		_, err := gateway.TryOut(t.Context(), effect(first), payments.TryOut{})
		var failed *failure.Error
		if err != nil {
			require.ErrorAs(t, err, &failed)
			require.Zero(t, failed.Status, "%v", err)
		}
		var posted []sent
		for _, request := range *requests {
			if request.method == http.MethodPost {
				posted = append(posted, request)
			}
		}
		require.Len(t, posted, 2)
		assert.Equal(t, "/v1/payment_intents", posted[0].path)
		assert.Equal(t, effect(first).Key, posted[0].key)
		assert.Contains(t, posted[1].path, "/cancel")
		assert.Equal(t, effect(first).Key+".cancel", posted[1].key)
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

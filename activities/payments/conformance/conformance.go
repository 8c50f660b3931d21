// Package conformance is what every adapter of activities/payments must pass.
//
// Called by the adapters' tests, with the adapter in front of a stand-in for
// its provider: it holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
)

// Harness is one adapter before one provider that is empty.
type Harness struct {
	Gateway payments.Gateway
	// Effects returns how often a key had an effect at the provider, its second
	// native key included.
	Effects func(key string) int
	// LoseAnswer makes the provider act on the next write and lose the answer.
	LoseAnswer func()
	// Fail500 makes the provider answer the next write with 500 and do nothing.
	Fail500 func()
	// Pay pays on a page as a guest does.
	Pay func(checkoutID string)
	// Decline makes every later charge of the customer's saved method fail.
	Decline func(customerID string)
}

const workflowID = "pay/conformance"

func purpose(step string) payments.Purpose {
	return payments.Purpose{LeadID: "journey/conformance", CaseID: "conformance", WorkflowID: workflowID, Step: step}
}

func firstTry(step string) options.Effect {
	return options.Effect{Key: workflowID + "/0123456789ab/" + step + "/0", FirstTry: true, Since: time.Now().UTC()}
}

func again(effect options.Effect) options.Effect {
	effect.FirstTry = false
	return effect
}

var usd = payments.Money{Minor: 50000, Currency: "USD"}

func customerRequest() payments.Customer {
	return payments.Customer{Email: "guest@conformance.example", Name: "Ana Prueba", Phone: "+14155550134", LeadID: "journey/conformance", GuestRef: "guest-conformance"}
}

func pageRequest(customerID string) payments.CheckoutRequest {
	return payments.CheckoutRequest{
		CustomerID: customerID, Amount: usd, Label: "Seven days", Purpose: purpose("deposit"),
		ExpiresAt: time.Now().Add(72 * time.Hour), SaveForLater: true, Locale: "en",
	}
}

// Run runs the suite; open makes a harness before an empty provider.
func Run(t *testing.T, open func(*testing.T) Harness) {
	t.Run("a deposit is paid, the balance charged, a part given back", func(t *testing.T) { wholeWay(t, open(t)) })
	t.Run("every write is exactly once", func(t *testing.T) { exactlyOnce(t, open) })
	t.Run("the same key with other parameters is a conflict", func(t *testing.T) { conflict(t, open(t)) })
	t.Run("a closed page stays closed, a paid one stays paid", func(t *testing.T) { closing(t, open(t)) })
	t.Run("a decline is an answer", func(t *testing.T) { declined(t, open(t)) })
	t.Run("another plan's payments are not listed", func(t *testing.T) { foreign(t, open(t)) })
	t.Run("a trial moves no money and leaves nothing open", func(t *testing.T) { trial(t, open(t)) })
}

func wholeWay(t *testing.T, h Harness) {
	ctx := context.Background()
	customer, err := h.Gateway.EnsureCustomer(ctx, firstTry("customer"), customerRequest())
	require.NoError(t, err)
	page, err := h.Gateway.OpenCheckout(ctx, firstTry("deposit.page-1"), pageRequest(customer.ID))
	require.NoError(t, err)
	require.NotEmpty(t, page.URL)
	attempts := list(t, h, customer)
	require.Len(t, attempts, 1)
	assert.Equal(t, payments.AttemptOpen, attempts[0].Status)

	h.Pay(page.ID)
	attempts = list(t, h, customer)
	require.Len(t, attempts, 1, "a page and its payment are one attempt")
	paid := attempts[0]
	assert.Equal(t, payments.AttemptSucceeded, paid.Status)
	assert.Equal(t, usd.Minor, paid.CapturedMinor)
	assert.Equal(t, usd, paid.Amount)
	assert.Equal(t, "deposit", paid.Step)
	assert.WithinDuration(t, time.Now(), paid.CapturedAt, time.Minute)

	charge, err := h.Gateway.ChargeSaved(ctx, firstTry("balance.charge"), payments.ChargeRequest{
		CustomerID: customer.ID, PaymentMethodID: paid.PaymentMethodID, Amount: payments.Money{Minor: 250000, Currency: "USD"},
		Label: "Seven days", Purpose: purpose("balance"),
	})
	require.NoError(t, err)
	assert.Equal(t, payments.AttemptSucceeded, charge.Status)
	assert.Equal(t, int64(250000), charge.CapturedMinor)

	refund, err := h.Gateway.Refund(ctx, firstTry("refund"), payments.RefundRequest{
		PaymentID: paid.PaymentID, Amount: payments.Money{Minor: 20000, Currency: "USD"}, Reason: "cancelled", WorkflowID: workflowID,
	})
	require.NoError(t, err)
	assert.Equal(t, payments.RefundSucceeded, refund.Status)
	attempts = list(t, h, customer)
	require.Len(t, attempts, 2)
	assert.Equal(t, int64(20000), attempts[0].RefundedMinor)

	_, err = h.Gateway.Refund(ctx, firstTry("too much"), payments.RefundRequest{
		PaymentID: paid.PaymentID, Amount: usd, Reason: "cancelled", WorkflowID: workflowID,
	})
	assertClass(t, err, failure.Permanent)
}

// write is one mutating call, on a provider prepared for it.
type write struct {
	name    string
	prepare func(t *testing.T, h Harness) func(options.Effect) (string, error)
}

func writes() []write {
	ctx := context.Background()
	customer := func(t *testing.T, h Harness) string {
		ref, err := h.Gateway.EnsureCustomer(ctx, firstTry("prepare.customer"), customerRequest())
		require.NoError(t, err)
		return ref.ID
	}
	paid := func(t *testing.T, h Harness) (string, payments.Attempt) {
		id := customer(t, h)
		page, err := h.Gateway.OpenCheckout(ctx, firstTry("prepare.page"), pageRequest(id))
		require.NoError(t, err)
		h.Pay(page.ID)
		return id, list(t, h, payments.CustomerRef{ID: id})[0]
	}
	return []write{
		{"EnsureCustomer", func(*testing.T, Harness) func(options.Effect) (string, error) { return nil }},
		{"OpenCheckout", func(t *testing.T, h Harness) func(options.Effect) (string, error) {
			request := pageRequest(customer(t, h))
			return func(effect options.Effect) (string, error) {
				page, err := h.Gateway.OpenCheckout(ctx, effect, request)
				return page.ID, err
			}
		}},
		{"ChargeSaved", func(t *testing.T, h Harness) func(options.Effect) (string, error) {
			id, attempt := paid(t, h)
			return func(effect options.Effect) (string, error) {
				charge, err := h.Gateway.ChargeSaved(ctx, effect, payments.ChargeRequest{
					CustomerID: id, PaymentMethodID: attempt.PaymentMethodID, Amount: usd, Label: "Seven days", Purpose: purpose("balance"),
				})
				return charge.ID, err
			}
		}},
		{"Refund", func(t *testing.T, h Harness) func(options.Effect) (string, error) {
			_, attempt := paid(t, h)
			return func(effect options.Effect) (string, error) {
				refund, err := h.Gateway.Refund(ctx, effect, payments.RefundRequest{
					PaymentID: attempt.PaymentID, Amount: payments.Money{Minor: 100, Currency: "USD"}, Reason: "cancelled", WorkflowID: workflowID,
				})
				return refund.ID, err
			}
		}},
		{"CloseAttempt", func(t *testing.T, h Harness) func(options.Effect) (string, error) {
			page, err := h.Gateway.OpenCheckout(ctx, firstTry("prepare.page"), pageRequest(customer(t, h)))
			require.NoError(t, err)
			return func(effect options.Effect) (string, error) {
				attempt, err := h.Gateway.CloseAttempt(ctx, effect, payments.AttemptRef{Kind: payments.KindCheckout, ID: page.ID})
				if err == nil {
					assert.Equal(t, payments.AttemptClosed, attempt.Status)
				}
				return attempt.ID, err
			}
		}},
		{"TryOut", func(_ *testing.T, h Harness) func(options.Effect) (string, error) {
			return func(effect options.Effect) (string, error) {
				attempt, err := h.Gateway.TryOut(ctx, effect, payments.TryOut{})
				return attempt.ID, err
			}
		}},
	}
}

func (w write) ready(t *testing.T, h Harness) func(options.Effect) (string, error) {
	if call := w.prepare(t, h); call != nil {
		return call
	}
	return func(effect options.Effect) (string, error) {
		customer, err := h.Gateway.EnsureCustomer(context.Background(), effect, customerRequest())
		return customer.ID, err
	}
}

func exactlyOnce(t *testing.T, open func(*testing.T) Harness) {
	for _, write := range writes() {
		for name, trouble := range map[string]func(Harness){
			"answer lost": func(h Harness) { h.LoseAnswer() },
			"500":         func(h Harness) { h.Fail500() },
		} {
			t.Run(write.name+", "+name, func(t *testing.T) {
				h := open(t)
				call := write.ready(t, h)
				effect := firstTry(write.name)
				trouble(h)
				_, err := call(effect)
				assertClass(t, err, failure.Ambiguous)
				id, err := call(again(effect))
				require.NoError(t, err)
				same, err := call(again(effect))
				require.NoError(t, err)
				assert.Equal(t, id, same)
				assert.Equal(t, 1, h.Effects(effect.Key))
			})
		}
	}
}

func conflict(t *testing.T, h Harness) {
	ctx := context.Background()
	effect := firstTry("customer")
	_, err := h.Gateway.EnsureCustomer(ctx, effect, customerRequest())
	require.NoError(t, err)
	other := customerRequest()
	other.Name = "Somebody Else"
	_, err = h.Gateway.EnsureCustomer(ctx, effect, other)
	assertClass(t, err, failure.EffectConflict)
}

func closing(t *testing.T, h Harness) {
	ctx := context.Background()
	customer, err := h.Gateway.EnsureCustomer(ctx, firstTry("customer"), customerRequest())
	require.NoError(t, err)
	page, err := h.Gateway.OpenCheckout(ctx, firstTry("page"), pageRequest(customer.ID))
	require.NoError(t, err)
	h.Pay(page.ID)
	attempt, err := h.Gateway.CloseAttempt(ctx, firstTry("close"), payments.AttemptRef{Kind: payments.KindCheckout, ID: page.ID})
	require.NoError(t, err, "a page that has been paid is no error, but an answer")
	assert.Equal(t, payments.AttemptSucceeded, attempt.Status)
	assert.Equal(t, usd.Minor, attempt.CapturedMinor)
}

func declined(t *testing.T, h Harness) {
	ctx := context.Background()
	customer, err := h.Gateway.EnsureCustomer(ctx, firstTry("customer"), customerRequest())
	require.NoError(t, err)
	page, err := h.Gateway.OpenCheckout(ctx, firstTry("page"), pageRequest(customer.ID))
	require.NoError(t, err)
	h.Pay(page.ID)
	h.Decline(customer.ID)
	effect := firstTry("charge")
	request := payments.ChargeRequest{
		CustomerID: customer.ID, PaymentMethodID: list(t, h, customer)[0].PaymentMethodID, Amount: usd, Label: "Seven days", Purpose: purpose("balance"),
	}
	attempt, err := h.Gateway.ChargeSaved(ctx, effect, request)
	require.NoError(t, err)
	assert.Equal(t, payments.AttemptDeclined, attempt.Status)
	assert.NotEmpty(t, attempt.DeclineCode)
	assert.Zero(t, attempt.CapturedMinor)

	closed, err := h.Gateway.CloseAttempt(ctx, firstTry("close"), payments.AttemptRef{Kind: attempt.Kind, ID: attempt.ID})
	require.NoError(t, err)
	assert.Equal(t, payments.AttemptClosed, closed.Status)
}

func foreign(t *testing.T, h Harness) {
	ctx := context.Background()
	customer, err := h.Gateway.EnsureCustomer(ctx, firstTry("customer"), customerRequest())
	require.NoError(t, err)
	request := pageRequest(customer.ID)
	request.Purpose.WorkflowID = "pay/another"
	_, err = h.Gateway.OpenCheckout(ctx, firstTry("page"), request)
	require.NoError(t, err)
	assert.Empty(t, list(t, h, customer))
}

func trial(t *testing.T, h Harness) {
	attempt, err := h.Gateway.TryOut(context.Background(), firstTry("try"), payments.TryOut{})
	require.NoError(t, err)
	assert.Equal(t, payments.AttemptClosed, attempt.Status)
	assert.Zero(t, attempt.CapturedMinor)
	assert.Empty(t, attempt.PaymentMethodID)
	assert.Positive(t, attempt.Amount.Minor)
}

func list(t *testing.T, h Harness, customer payments.CustomerRef) []payments.Attempt {
	t.Helper()
	attempts, err := h.Gateway.Attempts(context.Background(), payments.AttemptsRequest{CustomerID: customer.ID, WorkflowID: workflowID})
	require.NoError(t, err)
	return attempts
}

func assertClass(t *testing.T, err error, class failure.Class) {
	t.Helper()
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, class, failed.Class, failed.Error())
}

package sandbox_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/stripeschema"
)

func (w *world) customer() *stripe.Customer {
	w.Helper()
	params := &stripe.CustomerParams{Email: stripe.String("ana@example.com"), Name: stripe.String("Ana"), Phone: stripe.String("+15005550010")}
	params.AddMetadata("leadId", "journey/1")
	customer, err := w.stripe().Customers.New(params)
	require.NoError(w, err)
	return customer
}

func checkout(customer, key string) *stripe.CheckoutSessionParams {
	params := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), Customer: stripe.String(customer), SuccessURL: stripe.String("https://example.com/thanks"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("usd"), UnitAmount: stripe.Int64(50000), ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Deposit")},
		}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			SetupFutureUsage: stripe.String("off_session"), Metadata: map[string]string{"workflowId": "pay/1", "effect": key},
		},
	}
	params.AddMetadata("workflowId", "pay/1")
	params.AddMetadata("effect", key)
	params.SetIdempotencyKey(key)
	return params
}

func (w *world) session(customer, key string) *stripe.CheckoutSession {
	w.Helper()
	session, err := w.stripe().CheckoutSessions.New(checkout(customer, key))
	require.NoError(w, err)
	return session
}

func stripeFailure(t require.TestingT, err error) *stripe.Error {
	var refused *stripe.Error
	require.ErrorAs(t, err, &refused)
	return refused
}

// stripeEvents verifies every Stripe webhook with Stripe's own library and
// returns them by type.
func (w *world) stripeEvents(n int) map[string]stripe.Event {
	w.Helper()
	found := map[string]stripe.Event{}
	for _, got := range w.await("/webhooks/stripe", n) {
		event, err := webhook.ConstructEvent([]byte(got.body), got.header.Get("Stripe-Signature"), w.secrets.StripeWebhookSecret)
		require.NoError(w, err)
		found[string(event.Type)] = event
	}
	return found
}

func TestStripeRefusesAWrongKey(t *testing.T) {
	w := start(t)
	_, err := w.stripeAs("sk_test_wrong").Balance.Get(nil)
	refused := stripeFailure(t, err)
	assert.Equal(t, http.StatusUnauthorized, refused.HTTPStatusCode)
	assert.Contains(t, refused.Msg, "Invalid API Key")
	assert.Equal(t, http.StatusUnauthorized, w.lastCall("balance.get").Status)

	_, err = w.stripe().Balance.Get(nil)
	require.NoError(t, err)
}

func TestStripeCustomersAreCreatedReadAndListed(t *testing.T) {
	w := start(t)
	customer := w.customer()
	assert.Equal(t, "journey/1", customer.Metadata["leadId"])
	read, err := w.stripe().Customers.Get(customer.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, "ana@example.com", read.Email)

	list := w.stripe().Customers.List(&stripe.CustomerListParams{Email: stripe.String("ana@example.com")})
	require.True(t, list.Next())
	assert.Equal(t, customer.ID, list.Customer().ID)
	assert.False(t, list.Next())

	_, err = w.stripe().Customers.Get("cus_none", nil)
	assert.Equal(t, stripe.ErrorCodeResourceMissing, stripeFailure(t, err).Code)
}

func TestStripeRefusesWhatStripeRefuses(t *testing.T) {
	w := start(t)
	customer := w.customer().ID
	for name, check := range map[string]struct {
		change func(*stripe.CheckoutSessionParams)
		param  string
		text   string
	}{
		"currency":    {func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.Currency = stripe.String("xxq") }, "line_items[0][price_data][currency]", "Invalid currency: xxq"},
		"amount":      {func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(-5) }, "line_items[0][price_data][unit_amount]", "greater than or equal to 1"},
		"small":       {func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(49) }, "line_items", "Amount must be at least $0.50"},
		"items":       {func(p *stripe.CheckoutSessionParams) { p.LineItems = nil }, "line_items", "Missing required param"},
		"name":        {func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.ProductData = nil }, "line_items[0][price_data][product_data][name]", "Missing required param"},
		"success url": {func(p *stripe.CheckoutSessionParams) { p.SuccessURL = nil }, "success_url", "Missing required param"},
		"customer":    {func(p *stripe.CheckoutSessionParams) { p.Customer = stripe.String("cus_none") }, "customer", "No such customer"},
		"too soon":    {func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(time.Now().Add(time.Minute).Unix()) }, "expires_at", "at least 30 minutes"},
		"too late": {func(p *stripe.CheckoutSessionParams) {
			p.ExpiresAt = stripe.Int64(time.Now().Add(25 * time.Hour).Unix())
		}, "expires_at", "less than 24 hours"},
		"usage":    {func(p *stripe.CheckoutSessionParams) { p.PaymentIntentData.SetupFutureUsage = stripe.String("never") }, "payment_intent_data[setup_future_usage]", "must be one of"},
		"unknown":  {func(p *stripe.CheckoutSessionParams) { p.AddExtra("surprise", "1") }, "surprise", "unknown parameter"},
		"metadata": {func(p *stripe.CheckoutSessionParams) { p.AddMetadata("long", strings.Repeat("x", 501)) }, "metadata[long]", "up to 500 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			params := checkout(customer, "refused/"+name)
			check.change(params)
			_, err := w.stripe().CheckoutSessions.New(params)
			refused := stripeFailure(t, err)
			assert.Equal(t, http.StatusBadRequest, refused.HTTPStatusCode)
			assert.Equal(t, stripe.ErrorTypeInvalidRequest, refused.Type)
			assert.Equal(t, check.param, refused.Param)
			assert.Contains(t, refused.Msg, check.text)
		})
	}
	assert.Empty(t, w.PaymentPages())
}

func TestStripeCheckoutIsPaidAndTold(t *testing.T) {
	w := start(t)
	customer := w.customer().ID
	session := w.session(customer, "journey/1/deposit")
	assert.Equal(t, w.base+"/pages/pay/"+session.ID, session.URL)
	assert.Equal(t, stripe.CheckoutSessionStatusOpen, session.Status)
	assert.Equal(t, int64(50000), session.AmountTotal)
	assert.Nil(t, session.PaymentIntent)

	status, err := w.Pay(session.ID, sandbox.PayOptions{})
	require.NoError(t, err)
	assert.Equal(t, "succeeded", status)

	params := &stripe.CheckoutSessionListParams{Customer: stripe.String(customer)}
	params.AddExpand("data.payment_intent.latest_charge")
	list := w.stripe().CheckoutSessions.List(params)
	require.True(t, list.Next())
	paid := list.CheckoutSession()
	assert.Equal(t, stripe.CheckoutSessionPaymentStatusPaid, paid.PaymentStatus)
	assert.Empty(t, paid.URL)
	assert.Equal(t, stripe.PaymentIntentStatusSucceeded, paid.PaymentIntent.Status)
	assert.Equal(t, "pay/1", paid.PaymentIntent.Metadata["workflowId"])
	assert.Equal(t, int64(50000), paid.PaymentIntent.LatestCharge.AmountCaptured)
	assert.Equal(t, "pay/1", paid.PaymentIntent.LatestCharge.Metadata["workflowId"])

	methods := w.stripe().Customers.ListPaymentMethods(&stripe.CustomerListPaymentMethodsParams{Customer: stripe.String(customer)})
	require.True(t, methods.Next(), "the method is saved for later")
	assert.Equal(t, paid.PaymentIntent.PaymentMethod.ID, methods.PaymentMethod().ID)

	events := w.stripeEvents(2)
	assert.Equal(t, "pay/1", events["checkout.session.completed"].Data.Object["metadata"].(map[string]any)["workflowId"])
	assert.Equal(t, "pay/1", events["payment_intent.succeeded"].Data.Object["metadata"].(map[string]any)["workflowId"])
	assert.Equal(t, stripe.APIVersion, events["payment_intent.succeeded"].APIVersion)

	_, err = w.Pay(session.ID, sandbox.PayOptions{})
	require.ErrorIs(t, err, sandbox.ErrClosed, "nobody pays twice")
}

func TestStripeCheckoutStaysOpenAfterADecline(t *testing.T) {
	w := start(t)
	session := w.session(w.customer().ID, "k")
	status, err := w.Pay(session.ID, sandbox.PayOptions{Decline: true})
	require.NoError(t, err)
	assert.Equal(t, "requires_payment_method", status)
	event := w.stripeEvents(1)["payment_intent.payment_failed"]
	assert.Equal(t, "card_declined", event.Data.Object["last_payment_error"].(map[string]any)["code"])

	status, err = w.Pay(session.ID, sandbox.PayOptions{RequireAuthentication: true})
	require.NoError(t, err)
	assert.Equal(t, "requires_action", status)
	status, err = w.Pay(session.ID, sandbox.PayOptions{})
	require.NoError(t, err)
	assert.Equal(t, "succeeded", status)

	intents := w.stripe().PaymentIntents.List(&stripe.PaymentIntentListParams{Customer: stripe.String(session.Customer.ID)})
	require.True(t, intents.Next())
	assert.False(t, intents.Next(), "one page, one payment")
}

func TestStripeSlowMethodIsSettledLater(t *testing.T) {
	w := start(t)
	session := w.session(w.customer().ID, "k")
	status, err := w.Pay(session.ID, sandbox.PayOptions{Method: "sepa_debit"})
	require.NoError(t, err)
	assert.Equal(t, "processing", status)
	read, err := w.stripe().CheckoutSessions.Get(session.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, stripe.CheckoutSessionStatusComplete, read.Status)
	assert.Equal(t, stripe.CheckoutSessionPaymentStatusUnpaid, read.PaymentStatus)

	require.NoError(t, w.Settle(read.PaymentIntent.ID, true))
	assert.Contains(t, w.stripeEvents(2), "payment_intent.succeeded")
	require.ErrorIs(t, w.Settle(read.PaymentIntent.ID, true), sandbox.ErrNotFound)
}

func TestStripeSessionExpiresByItselfAndByCall(t *testing.T) {
	clock := newClock()
	w := start(t, func(c *sandbox.Config) { c.Clock = clock.now })
	customer := w.customer().ID
	params := checkout(customer, "a")
	params.ExpiresAt = stripe.Int64(clock.now().Add(31 * time.Minute).Unix())
	first, err := w.stripe().CheckoutSessions.New(params)
	require.NoError(t, err)
	second := w.session(customer, "b")

	clock.advance(32 * time.Minute)
	w.await("/webhooks/stripe", 1) // nobody asked: the sandbox noticed by itself
	read, err := w.stripe().CheckoutSessions.Get(first.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, stripe.CheckoutSessionStatusExpired, read.Status)
	_, err = w.Pay(first.ID, sandbox.PayOptions{})
	require.ErrorIs(t, err, sandbox.ErrClosed)

	expired, err := w.stripe().CheckoutSessions.Expire(second.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, stripe.CheckoutSessionStatusExpired, expired.Status)
	w.await("/webhooks/stripe", 2)
	_, err = w.stripe().CheckoutSessions.Expire(second.ID, nil)
	assert.Contains(t, stripeFailure(t, err).Msg, "status of `expired`")
}

// saved is a customer with a payment method for later.
func (w *world) saved() (customer, method string) {
	w.Helper()
	session := w.session(w.customer().ID, "saved")
	_, err := w.Pay(session.ID, sandbox.PayOptions{})
	require.NoError(w, err)
	methods := w.stripe().Customers.ListPaymentMethods(&stripe.CustomerListPaymentMethodsParams{Customer: stripe.String(session.Customer.ID)})
	require.True(w, methods.Next())
	return session.Customer.ID, methods.PaymentMethod().ID
}

func balance(customer, method, key string) *stripe.PaymentIntentParams {
	params := &stripe.PaymentIntentParams{
		Amount: stripe.Int64(120000), Currency: stripe.String("usd"), Customer: stripe.String(customer), PaymentMethod: stripe.String(method),
		Confirm: stripe.Bool(true), OffSession: stripe.Bool(true), AutomaticPaymentMethods: &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)},
	}
	params.AddMetadata("workflowId", "pay/1")
	params.AddMetadata("effect", key)
	params.SetIdempotencyKey(key)
	return params
}

func TestStripeOffSessionCharge(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	paid, err := w.stripe().PaymentIntents.New(balance(customer, method, "succeeds"))
	require.NoError(t, err)
	assert.Equal(t, stripe.PaymentIntentStatusSucceeded, paid.Status)
	assert.Equal(t, int64(120000), paid.AmountReceived)

	for outcome, want := range map[sandbox.ChargeOutcome]struct {
		code   stripe.ErrorCode
		reason stripe.DeclineCode
	}{
		sandbox.ChargeDeclined:            {stripe.ErrorCodeCardDeclined, stripe.DeclineCodeGenericDecline},
		sandbox.ChargeNeedsAuthentication: {stripe.ErrorCodeAuthenticationRequired, stripe.DeclineCodeAuthenticationRequired},
	} {
		require.NoError(t, w.SetChargeOutcome(customer, outcome))
		_, err := w.stripe().PaymentIntents.New(balance(customer, method, string(outcome)))
		refused := stripeFailure(t, err)
		assert.Equal(t, http.StatusPaymentRequired, refused.HTTPStatusCode)
		assert.Equal(t, stripe.ErrorTypeCard, refused.Type)
		assert.Equal(t, want.code, refused.Code)
		assert.Equal(t, want.reason, refused.DeclineCode)
		require.NotNil(t, refused.PaymentIntent)
		assert.Equal(t, stripe.PaymentIntentStatusRequiresPaymentMethod, refused.PaymentIntent.Status)
		assert.NotEmpty(t, refused.ChargeID)
	}
	require.NoError(t, w.SetChargeOutcome("", sandbox.ChargeProcessing))
	require.NoError(t, w.SetChargeOutcome(customer, sandbox.ChargeSucceeds), "a customer's own setting wins")
	_, err = w.stripe().PaymentIntents.New(balance(customer, method, "again"))
	require.NoError(t, err)
	require.Error(t, w.SetChargeOutcome(customer, "perhaps"))
}

func TestStripeRefusesAChargeItCannotMake(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	other := w.customer().ID
	for name, change := range map[string]func(*stripe.PaymentIntentParams){
		"no method":       func(p *stripe.PaymentIntentParams) { p.PaymentMethod = nil },
		"unknown method":  func(p *stripe.PaymentIntentParams) { p.PaymentMethod = stripe.String("pm_none") },
		"another's":       func(p *stripe.PaymentIntentParams) { p.Customer = stripe.String(other) },
		"no confirmation": func(p *stripe.PaymentIntentParams) { p.Confirm = nil },
		"bad currency":    func(p *stripe.PaymentIntentParams) { p.Currency = stripe.String("nope") },
		"no amount":       func(p *stripe.PaymentIntentParams) { p.Amount = nil },
		"no return url":   func(p *stripe.PaymentIntentParams) { p.OffSession = nil },
	} {
		t.Run(name, func(t *testing.T) {
			params := balance(customer, method, name)
			change(params)
			_, err := w.stripe().PaymentIntents.New(params)
			assert.Equal(t, http.StatusBadRequest, stripeFailure(t, err).HTTPStatusCode)
			assert.Zero(t, w.Effects()[name])
		})
	}
}

func TestStripeCancelsOnlyWhatIsOpen(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	require.NoError(t, w.SetChargeOutcome(customer, sandbox.ChargeDeclined))
	_, err := w.stripe().PaymentIntents.New(balance(customer, method, "declined"))
	declined := stripeFailure(t, err).PaymentIntent
	canceled, err := w.stripe().PaymentIntents.Cancel(declined.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, stripe.PaymentIntentStatusCanceled, canceled.Status)
	assert.NotZero(t, canceled.CanceledAt)
	_, err = w.stripe().PaymentIntents.Cancel(declined.ID, nil)
	refused := stripeFailure(t, err)
	assert.Equal(t, stripe.ErrorCodePaymentIntentUnexpectedState, refused.Code)
	assert.Equal(t, declined.ID, refused.PaymentIntent.ID)

	session := w.session(customer, "page")
	_, err = w.Pay(session.ID, sandbox.PayOptions{Decline: true})
	require.NoError(t, err)
	read, err := w.stripe().CheckoutSessions.Get(session.ID, nil)
	require.NoError(t, err)
	_, err = w.stripe().PaymentIntents.Cancel(read.PaymentIntent.ID, nil)
	assert.Contains(t, stripeFailure(t, err).Msg, "expire the Session instead")
}

func refundOf(intent string, amount int64, key string) *stripe.RefundParams {
	params := &stripe.RefundParams{PaymentIntent: stripe.String(intent), Reason: stripe.String("requested_by_customer")}
	if amount > 0 {
		params.Amount = stripe.Int64(amount)
	}
	params.AddMetadata("effect", key)
	params.SetIdempotencyKey(key)
	return params
}

func TestStripeRefunds(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	paid, err := w.stripe().PaymentIntents.New(balance(customer, method, "paid"))
	require.NoError(t, err)

	_, err = w.stripe().Refunds.New(refundOf(paid.ID, 120001, "too much"))
	refused := stripeFailure(t, err)
	assert.Equal(t, "amount", refused.Param)
	assert.Contains(t, refused.Msg, "Refund amount ($1,200.01) is greater than unrefunded amount on charge ($1,200.00)")

	part, err := w.stripe().Refunds.New(refundOf(paid.ID, 20000, "part"))
	require.NoError(t, err)
	assert.Equal(t, stripe.RefundStatusSucceeded, part.Status)
	_, err = w.stripe().Refunds.New(refundOf(paid.ID, 100001, "rest+1"))
	require.Error(t, err)
	rest, err := w.stripe().Refunds.New(refundOf(paid.ID, 0, "rest"))
	require.NoError(t, err)
	assert.Equal(t, int64(100000), rest.Amount)
	_, err = w.stripe().Refunds.New(refundOf(paid.ID, 1, "once more"))
	assert.Equal(t, stripe.ErrorCodeChargeAlreadyRefunded, stripeFailure(t, err).Code)

	read, err := w.stripe().Refunds.Get(part.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, paid.ID, read.PaymentIntent.ID)
	list := w.stripe().Refunds.List(&stripe.RefundListParams{PaymentIntent: stripe.String(paid.ID)})
	count := 0
	for list.Next() {
		count++
	}
	require.NoError(t, list.Err())
	assert.Equal(t, 2, count)

	events := w.stripeEvents(5)
	charge := events["charge.refunded"].Data.Object
	assert.Equal(t, "pay/1", charge["metadata"].(map[string]any)["workflowId"])
	assert.Equal(t, "charge", charge["object"])
}

func TestStripeRefundMayStayPendingAndFail(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	paid, err := w.stripe().PaymentIntents.New(balance(customer, method, "paid"))
	require.NoError(t, err)
	w.HoldRefunds(true)
	refund, err := w.stripe().Refunds.New(refundOf(paid.ID, 0, "refund"))
	require.NoError(t, err)
	assert.Equal(t, stripe.RefundStatusPending, refund.Status)
	require.NoError(t, w.SettleRefund(refund.ID, false))
	read, err := w.stripe().Refunds.Get(refund.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, stripe.RefundStatusFailed, read.Status)
	w.HoldRefunds(false)
	_, err = w.stripe().Refunds.New(refundOf(paid.ID, 0, "second"))
	require.NoError(t, err, "the money is back at the charge")
}

func TestStripeIdempotencyReplaysTheStoredAnswer(t *testing.T) {
	w := start(t)
	customer := w.customer().ID
	first := w.session(customer, "journey/1/deposit")
	again := w.session(customer, "journey/1/deposit")
	assert.Equal(t, first.ID, again.ID)
	assert.Equal(t, "true", again.LastResponse.Header.Get("Idempotent-Replayed"))
	assert.Empty(t, first.LastResponse.Header.Get("Idempotent-Replayed"))
	assert.Len(t, w.PaymentPages(), 1)
	assert.Equal(t, 1, w.Effects()["journey/1/deposit"])
	replay := w.lastCall("checkout.sessions.create")
	assert.True(t, replay.Duplicate)
	assert.Equal(t, first.ID, replay.ObjectID)

	other := checkout(customer, "journey/1/deposit")
	other.LineItems[0].PriceData.UnitAmount = stripe.Int64(1)
	_, err := w.stripe().CheckoutSessions.New(other)
	refused := stripeFailure(t, err)
	assert.Equal(t, http.StatusBadRequest, refused.HTTPStatusCode)
	assert.Equal(t, stripe.ErrorTypeIdempotency, refused.Type)
}

func TestStripeKeepsADeclineAndA500UnderItsKey(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	require.NoError(t, w.SetChargeOutcome(customer, sandbox.ChargeDeclined))
	_, err := w.stripe().PaymentIntents.New(balance(customer, method, "declined"))
	require.Error(t, err)
	require.NoError(t, w.SetChargeOutcome(customer, sandbox.ChargeSucceeds))
	_, err = w.stripe().PaymentIntents.New(balance(customer, method, "declined"))
	assert.Equal(t, http.StatusPaymentRequired, stripeFailure(t, err).HTTPStatusCode, "the decline is replayed")

	require.NoError(t, w.SetFault(sandbox.Fault{Provider: "stripe", Operation: "payment_intents.create", Kind: sandbox.Fault500, Count: 1}))
	for range 2 {
		_, err = w.stripe().PaymentIntents.New(balance(customer, method, "broken"))
		assert.Equal(t, http.StatusInternalServerError, stripeFailure(t, err).HTTPStatusCode)
	}
	params := balance(customer, method, "broken")
	params.SetIdempotencyKey("broken#2")
	_, err = w.stripe().PaymentIntents.New(params)
	require.NoError(t, err)
	assert.Equal(t, 1, w.Effects()["broken"], "the second native key names the same effect")
}

func TestStripeLostAnswerIsReplayedUnderItsKey(t *testing.T) {
	w := start(t)
	customer := w.customer().ID
	require.NoError(t, w.SetFault(sandbox.Fault{Provider: "stripe", Operation: "checkout.sessions.create", Kind: sandbox.FaultDropAfter, Count: 1}))
	w.wire.DisableKeepAlives = true // Go repeats a keyed request on a reused connection by itself
	_, err := w.stripe().CheckoutSessions.New(checkout(customer, "lost"))
	require.Error(t, err)
	session := w.session(customer, "lost")
	assert.Equal(t, "true", session.LastResponse.Header.Get("Idempotent-Replayed"))
	assert.Equal(t, 1, w.Effects()["lost"])

	require.NoError(t, w.SetFault(sandbox.Fault{Provider: "stripe", Operation: "checkout.sessions.create", Kind: sandbox.Fault500After, Count: 1}))
	for range 2 {
		_, err = w.stripe().CheckoutSessions.New(checkout(customer, "hidden"))
		assert.Equal(t, http.StatusInternalServerError, stripeFailure(t, err).HTTPStatusCode)
	}
	assert.Equal(t, 1, w.Effects()["hidden"])
	assert.Equal(t, "hidden", w.PaymentPages()[1].Metadata["effect"], "a look-up finds what the 500 hid")
}

func TestStripeForgetsKeysAfterADay(t *testing.T) {
	clock := newClock()
	w := start(t, func(c *sandbox.Config) { c.Clock = clock.now })
	customer := w.customer().ID
	first := w.session(customer, "k")
	clock.advance(25 * time.Hour)
	assert.NotEqual(t, first.ID, w.session(customer, "k").ID)
}

func TestStripeRefusesAKeyThatIsInUse(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w := start(t, func(c *sandbox.Config) {
		c.OnCall = func(point string, call sandbox.JournalEntry) {
			if point == sandbox.PointBeforeWrite && call.Operation == "checkout.sessions.create" {
				once.Do(func() { close(entered); <-leave })
			}
		}
	})
	customer := w.customer().ID
	done := make(chan error, 1)
	go func() {
		_, err := w.stripe().CheckoutSessions.New(checkout(customer, "k"))
		done <- err
	}()
	<-entered
	_, err := w.stripe().CheckoutSessions.New(checkout(customer, "k"))
	refused := stripeFailure(t, err)
	assert.Equal(t, http.StatusConflict, refused.HTTPStatusCode)
	assert.Equal(t, stripe.ErrorCodeIdempotencyKeyInUse, refused.Code)
	close(leave)
	require.NoError(t, <-done)
	assert.Equal(t, 1, w.Effects()["k"])
}

func TestStripeManyCallsUnderOneKeyHaveOneEffect(t *testing.T) {
	w := start(t)
	customer := w.customer().ID
	var made atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, err := w.stripe().CheckoutSessions.New(checkout(customer, "k"))
			var refused *stripe.Error
			if err == nil {
				made.Add(1)
			} else if !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusConflict {
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	group.Wait()
	assert.Positive(t, made.Load())
	assert.Len(t, w.PaymentPages(), 1)
	assert.Equal(t, 1, w.Effects()["k"])
}

func TestStripeListsInPages(t *testing.T) {
	w := start(t)
	for range 25 {
		w.customer()
	}
	list := w.stripe().Customers.List(&stripe.CustomerListParams{ListParams: stripe.ListParams{Limit: stripe.Int64(7)}})
	seen := map[string]bool{}
	for list.Next() {
		seen[list.Customer().ID] = true
	}
	require.NoError(t, list.Err())
	assert.Len(t, seen, 25)
}

// TestStripeAnswersFollowTheSchema compares the objects with Stripe's published
// description of the API version that the client is pinned to.
func TestStripeAnswersFollowTheSchema(t *testing.T) {
	w := start(t)
	customer, method := w.saved()
	_, err := w.stripe().PaymentIntents.New(balance(customer, method, "paid"))
	require.NoError(t, err)
	intents := w.stripe().PaymentIntents.List(&stripe.PaymentIntentListParams{Customer: stripe.String(customer)})
	require.True(t, intents.Next())
	intent := intents.PaymentIntent()
	_, err = w.stripe().Refunds.New(refundOf(intent.ID, 100, "refund"))
	require.NoError(t, err)
	for schema, path := range map[string]string{
		"customer": "customers/" + customer, "checkout.session": "checkout/sessions", "payment_intent": "payment_intents/" + intent.ID,
		"charge": "charges/" + intent.LatestCharge.ID, "refund": "refunds", "payment_method": "customers/" + customer + "/payment_methods", "balance": "balance",
	} {
		status, body := w.call("GET", "/stripe/v1/"+path, w.secrets.StripeKey, "")
		require.Equal(t, http.StatusOK, status, body)
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &object))
		if data, isList := object["data"].([]any); isList {
			object = data[0].(map[string]any)
		}
		follows(t, schema, object)
	}
	for _, got := range w.await("/webhooks/stripe", 4) {
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.body), &event))
		follows(t, "event", event)
	}
}

func follows(t *testing.T, schema string, object any) {
	t.Helper()
	problems, err := stripeschema.Object(schema, object)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

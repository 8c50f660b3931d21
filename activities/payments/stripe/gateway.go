package stripe

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/provider"
)

// Config is what the adapter needs to know.
type Config struct {
	// SecretKey is STRIPE_SECRET_KEY, or a restricted key with write access to
	// customers, checkout sessions, payment intents and refunds.
	SecretKey provider.Secret
	// ReturnURL is where the guest comes back to from the payment page.
	ReturnURL string
	// Clock replaces time.Now in tests.
	Clock func() time.Time
}

// Gateway is Stripe behind the port.
type Gateway struct {
	config Config
	out    *provider.Client
}

var _ payments.Gateway = (*Gateway)(nil)

// New checks the configuration and makes the gateway.
func New(config Config, out *provider.Client) (*Gateway, error) {
	if provider.IsMissing(config.SecretKey) {
		return nil, errors.New("stripe: the secret key is missing")
	}
	if config.ReturnURL == "" {
		return nil, errors.New("stripe: the return URL of the payment page is missing")
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Gateway{config: config, out: out.Signed(provider.Bearer, config.SecretKey)}, nil
}

// call is one request to Stripe.
type call struct {
	gateway   *Gateway
	operation string
	trace     provider.Trace
	api       *client.API
}

// begin makes a client for one request: the SDK's backend is told to send once,
// to say nothing, and to use the one way out.
func (g *Gateway) begin(ctx context.Context, operation string) *call {
	c := &call{gateway: g, operation: operation, trace: provider.Trace{Operation: operation}}
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		HTTPClient:        g.out.HTTPClient(ctx, &c.trace),
		LeveledLogger:     &stripego.LeveledLogger{Level: stripego.LevelNull},
		MaxNetworkRetries: stripego.Int64(0),
		EnableTelemetry:   stripego.Bool(false),
	})
	c.api = client.New(provider.SDKKey, &stripego.Backends{API: backend, Connect: backend, Uploads: backend})
	return c
}

// EnsureCustomer creates the customer.
func (g *Gateway) EnsureCustomer(ctx context.Context, effect options.Effect, request payments.Customer) (payments.CustomerRef, error) {
	customer, err := once(effect, effect.Key,
		func() (*stripego.Customer, error) { return g.findCustomer(ctx, effect, request.Email) },
		func(key string) (*stripego.Customer, *call, error) {
			c := g.begin(ctx, "customer.create")
			params := &stripego.CustomerParams{Metadata: map[string]string{
				"leadId": request.LeadID, "patientId": request.GuestRef, metaEffect: effect.Key,
			}}
			params.Email, params.Phone, params.Name = optional(request.Email), optional(request.Phone), optional(request.Name)
			params.Context = ctx
			params.SetIdempotencyKey(key)
			customer, err := c.api.Customers.New(params)
			return customer, c, err
		})
	if err != nil {
		return payments.CustomerRef{}, err
	}
	return payments.CustomerRef{ID: customer.ID}, nil
}

// OpenCheckout opens a payment page.
func (g *Gateway) OpenCheckout(ctx context.Context, effect options.Effect, request payments.CheckoutRequest) (payments.Checkout, error) {
	minor, err := toStripe(request.Amount)
	if err != nil {
		return payments.Checkout{}, err
	}
	expires, round := pageExpiry(effect.Since, request.ExpiresAt, g.config.Clock())
	session, err := once(effect, roundKey(effect.Key, round),
		func() (*stripego.CheckoutSession, error) { return g.findSession(ctx, effect, request.CustomerID) },
		func(key string) (*stripego.CheckoutSession, *call, error) {
			c := g.begin(ctx, "checkout.create")
			params := g.sessionParams(effect, request, minor, expires)
			params.Context = ctx
			params.SetIdempotencyKey(key)
			session, err := c.api.CheckoutSessions.New(params)
			return session, c, err
		})
	if err != nil {
		return payments.Checkout{}, err
	}
	return payments.Checkout{ID: session.ID, URL: session.URL, ExpiresAt: time.Unix(session.ExpiresAt, 0).UTC()}, nil
}

func (g *Gateway) sessionParams(effect options.Effect, request payments.CheckoutRequest, minor int64, expires time.Time) *stripego.CheckoutSessionParams {
	metadata := purpose(request.Purpose, effect)
	intent := &stripego.CheckoutSessionPaymentIntentDataParams{Metadata: metadata}
	if request.SaveForLater {
		intent.SetupFutureUsage = stripego.String("off_session")
	}
	return &stripego.CheckoutSessionParams{
		Mode:       stripego.String(string(stripego.CheckoutSessionModePayment)),
		Customer:   stripego.String(request.CustomerID),
		SuccessURL: stripego.String(g.config.ReturnURL),
		CancelURL:  stripego.String(g.config.ReturnURL),
		ExpiresAt:  stripego.Int64(expires.Unix()),
		Locale:     stripego.String(pageLocale(request.Locale)),
		Metadata:   metadata,
		LineItems: []*stripego.CheckoutSessionLineItemParams{{
			Quantity: stripego.Int64(1),
			PriceData: &stripego.CheckoutSessionLineItemPriceDataParams{
				Currency:    stripego.String(lower(request.Amount.Currency)),
				UnitAmount:  stripego.Int64(minor),
				ProductData: &stripego.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripego.String(request.Label)},
			},
		}},
		PaymentIntentData: intent,
	}
}

// ChargeSaved charges the saved method without the guest.
func (g *Gateway) ChargeSaved(ctx context.Context, effect options.Effect, request payments.ChargeRequest) (payments.Attempt, error) {
	minor, err := toStripe(request.Amount)
	if err != nil {
		return payments.Attempt{}, err
	}
	intent, err := once(effect, effect.Key,
		func() (*stripego.PaymentIntent, error) { return g.findIntent(ctx, effect, request.CustomerID) },
		func(key string) (*stripego.PaymentIntent, *call, error) {
			c := g.begin(ctx, "payment_intent.create")
			params := &stripego.PaymentIntentParams{
				Amount: stripego.Int64(minor), Currency: stripego.String(lower(request.Amount.Currency)),
				Customer: stripego.String(request.CustomerID), PaymentMethod: stripego.String(request.PaymentMethodID),
				Confirm: stripego.Bool(true), OffSession: stripego.Bool(true), Description: stripego.String(request.Label),
				AutomaticPaymentMethods: &stripego.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripego.Bool(true)},
				Metadata:                purpose(request.Purpose, effect),
			}
			params.Context = ctx
			params.AddExpand("latest_charge")
			params.SetIdempotencyKey(key)
			intent, err := c.api.PaymentIntents.New(params)
			if declined := declinedIntent(err); declined != nil {
				return declined, c, nil
			}
			return intent, c, err
		})
	if err != nil {
		return payments.Attempt{}, err
	}
	return intentAttempt(intent), nil
}

// declinedIntent is the intent inside a card error: a decline, or a demand for
// the guest's authentication, is an answer and not a failure.
func declinedIntent(err error) *stripego.PaymentIntent {
	var failed *stripego.Error
	if errors.As(err, &failed) && failed.Type == stripego.ErrorTypeCard && failed.PaymentIntent != nil {
		intent := failed.PaymentIntent
		if intent.LastPaymentError == nil {
			intent.LastPaymentError = &stripego.Error{Code: failed.Code, DeclineCode: failed.DeclineCode}
		}
		return intent
	}
	return nil
}

// CloseAttempt expires a page or cancels a charge of our own, and reads it.
func (g *Gateway) CloseAttempt(ctx context.Context, effect options.Effect, ref payments.AttemptRef) (payments.Attempt, error) {
	if ref.Kind == payments.KindCheckout {
		return g.expireSession(ctx, effect, ref.ID)
	}
	return g.cancelIntent(ctx, effect, ref.ID)
}

func (g *Gateway) expireSession(ctx context.Context, effect options.Effect, id string) (payments.Attempt, error) {
	return closeOnce(effect, func(key string) (*call, error) {
		c := g.begin(ctx, "checkout.expire")
		params := &stripego.CheckoutSessionExpireParams{}
		params.Context = ctx
		params.SetIdempotencyKey(key)
		_, err := c.api.CheckoutSessions.Expire(id, params)
		return c, err
	}, func() (payments.Attempt, error) { return g.readSession(ctx, id) })
}

func (g *Gateway) cancelIntent(ctx context.Context, effect options.Effect, id string) (payments.Attempt, error) {
	return closeOnce(effect, func(key string) (*call, error) {
		c := g.begin(ctx, "payment_intent.cancel")
		params := &stripego.PaymentIntentCancelParams{CancellationReason: stripego.String("abandoned")}
		params.Context = ctx
		params.SetIdempotencyKey(key)
		_, err := c.api.PaymentIntents.Cancel(id, params)
		return c, err
	}, func() (payments.Attempt, error) { return g.readIntent(ctx, id) })
}

// closeOnce closes an attempt and reads it. That Stripe refuses to close what is
// closed, under way or paid already is no failure: reading it tells what is
// true. A refusal that leaves the attempt open is one.
func closeOnce(effect options.Effect, send func(key string) (*call, error), read func() (payments.Attempt, error)) (payments.Attempt, error) {
	c, refused := underKeys(effect, effect.Key, send)
	var answer *stripego.Error
	if refused != nil && (!errors.As(refused, &answer) || answer.HTTPStatusCode != http.StatusBadRequest || answer.Type != stripego.ErrorTypeInvalidRequest) {
		return payments.Attempt{}, c.failed(refused)
	}
	attempt, err := read()
	switch attempt.Status {
	case payments.AttemptOpen, payments.AttemptActionable, payments.AttemptDeclined:
		if refused != nil {
			return payments.Attempt{}, c.failed(refused)
		}
	}
	return attempt, err
}

// Refund gives money back.
func (g *Gateway) Refund(ctx context.Context, effect options.Effect, request payments.RefundRequest) (payments.Refund, error) {
	minor, err := toStripe(request.Amount)
	if err != nil {
		return payments.Refund{}, err
	}
	refund, err := once(effect, effect.Key,
		func() (*stripego.Refund, error) { return g.findRefund(ctx, effect, request.PaymentID) },
		func(key string) (*stripego.Refund, *call, error) {
			c := g.begin(ctx, "refund.create")
			params := &stripego.RefundParams{
				PaymentIntent: stripego.String(request.PaymentID), Amount: stripego.Int64(minor),
				Metadata: map[string]string{"reason": request.Reason, "workflowId": request.WorkflowID, metaEffect: effect.Key},
			}
			params.Context = ctx
			params.SetIdempotencyKey(key)
			refund, err := c.api.Refunds.New(params)
			return refund, c, err
		})
	if err != nil {
		return payments.Refund{}, err
	}
	return payments.Refund{ID: refund.ID, Status: refundStatus(refund.Status)}, nil
}

// once makes one effect: on a later try it looks for the object first. The key
// is the effect's, or one made from it.
func once[T any](effect options.Effect, key string, find func() (*T, error), create func(key string) (*T, *call, error)) (*T, error) {
	if !effect.FirstTry {
		if found, err := find(); err != nil || found != nil {
			return found, err
		}
	}
	var made *T
	c, err := underKeys(effect, key, func(key string) (c *call, err error) {
		made, c, err = create(key)
		return c, err
	})
	if err != nil {
		return nil, c.failed(err)
	}
	return made, nil
}

// mostKeys bounds the native keys of one effect; each is used up by a 500.
const mostKeys = 20

// underKeys sends a request under its key. Stripe answers a stored 500 again
// for a day: a later try, which has looked and found nothing, goes on to
// "<key>#2", and to the next after another 500. A fresh 500 is never followed
// up at once, as only a look-up can say what it did.
func underKeys(effect options.Effect, key string, send func(key string) (*call, error)) (*call, error) {
	c, err := send(key)
	for number := 2; err != nil && c.replayed500() && !effect.FirstTry && number <= mostKeys; number++ {
		c, err = send(key + "#" + strconv.Itoa(number))
	}
	return c, err
}

func (c *call) replayed500() bool {
	return c.trace.Status() >= http.StatusInternalServerError && c.trace.Header().Get("Idempotent-Replayed") == "true"
}

func purpose(p payments.Purpose, effect options.Effect) map[string]string {
	return map[string]string{
		"leadId": p.LeadID, "caseId": p.CaseID, "workflowId": p.WorkflowID, "step": p.Step, metaEffect: effect.Key,
	}
}

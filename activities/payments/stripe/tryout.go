package stripe

import (
	"context"

	stripego "github.com/stripe/stripe-go/v76"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
)

// smallest is the least that Stripe takes in dollars
// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
var smallest = payments.Money{Minor: 50, Currency: "USD"}

// purposeTryOut marks the intents of TryOut in Stripe's dashboard.
const purposeTryOut = "health"

// TryOut creates an intent that nobody confirms, and cancels it.
func (g *Gateway) TryOut(ctx context.Context, effect options.Effect, _ payments.TryOut) (payments.Attempt, error) {
	intent, err := once(effect, effect.Key,
		func() (*stripego.PaymentIntent, error) { return g.findTryOut(ctx, effect) },
		func(key string) (*stripego.PaymentIntent, *call, error) {
			c := g.begin(ctx, "payment_intent.create")
			params := &stripego.PaymentIntentParams{
				Amount: stripego.Int64(smallest.Minor), Currency: stripego.String(lower(smallest.Currency)),
				PaymentMethodTypes: stripego.StringSlice([]string{"card"}),
				Metadata:           map[string]string{"purpose": purposeTryOut, metaEffect: effect.Key},
			}
			params.Context = ctx
			params.SetIdempotencyKey(key)
			intent, err := c.api.PaymentIntents.New(params)
			return intent, c, err
		})
	if err != nil {
		return payments.Attempt{}, err
	}
	closing := effect
	closing.Key += ".cancel" // another request: Stripe refuses it under the same key
	return g.cancelIntent(ctx, closing, intent.ID)
}

// findTryOut looks among the intents since the step began, because this one has
// no customer. Its list is not expanded: it may hold the payments of guests.
func (g *Gateway) findTryOut(ctx context.Context, effect options.Effect) (*stripego.PaymentIntent, error) {
	intents, err := pages(func(after string) ([]*stripego.PaymentIntent, bool, error) {
		c := g.begin(ctx, "payment_intent.list")
		params := &stripego.PaymentIntentListParams{}
		list(ctx, &params.ListParams, after)
		params.Filters.AddFilter("created", "gte", createdSince(effect))
		found := c.api.PaymentIntents.List(params)
		if err := found.Err(); err != nil {
			return nil, false, c.failed(err)
		}
		return found.PaymentIntentList().Data, found.PaymentIntentList().HasMore, nil
	}, func(intent *stripego.PaymentIntent) string { return intent.ID })
	return first(intents, func(intent *stripego.PaymentIntent) bool { return intent.Metadata[metaEffect] == effect.Key }), err
}

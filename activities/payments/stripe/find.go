package stripe

import (
	"context"
	"slices"
	"strconv"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
)

// metaEffect is the metadata key that holds the effect key.
const metaEffect = "effect"

// Lists are read to this bound: a guest's objects are few, and a list without
// an end must not hold a worker.
const (
	pageSize = 100
	maxPages = 10
)

// pages reads a list page by page, each as a call of its own, newest first.
func pages[T any](fetch func(after string) (items []T, more bool, err error), id func(T) string) ([]T, error) {
	var all []T
	after := ""
	for range maxPages {
		items, more, err := fetch(after)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if !more || len(items) == 0 {
			return all, nil
		}
		after = id(items[len(items)-1])
	}
	// Half a list of payments would be a wrong one, half a look-up a second effect.
	return nil, &failure.Error{
		Provider: "stripe", Operation: "list", Class: failure.Permanent, Advice: "more objects than are read; look at the Stripe dashboard",
	}
}

// list sets what every list call needs.
func list(ctx context.Context, params *stripego.ListParams, after string, expand ...string) {
	params.Context, params.Single, params.Limit = ctx, true, stripego.Int64(pageSize)
	params.StartingAfter = optional(after)
	for _, path := range expand {
		params.AddExpand(path)
	}
}

// createdSince is when the objects of an effect begin, in Unix seconds: ten
// minutes before the step, for clocks that differ.
func createdSince(effect options.Effect) string {
	return strconv.FormatInt(effect.Since.Add(-10*time.Minute).Unix(), 10)
}

func (g *Gateway) findCustomer(ctx context.Context, effect options.Effect, email string) (*stripego.Customer, error) {
	customers, err := pages(func(after string) ([]*stripego.Customer, bool, error) {
		c := g.begin(ctx, "customer.list")
		params := &stripego.CustomerListParams{Email: optional(email)}
		list(ctx, &params.ListParams, after)
		if email == "" {
			params.Filters.AddFilter("created", "gte", createdSince(effect))
		}
		found := c.api.Customers.List(params)
		if err := found.Err(); err != nil {
			return nil, false, c.failed(err)
		}
		return found.CustomerList().Data, found.CustomerList().HasMore, nil
	}, func(customer *stripego.Customer) string { return customer.ID })
	return first(customers, func(customer *stripego.Customer) bool { return customer.Metadata[metaEffect] == effect.Key }), err
}

func (g *Gateway) sessions(ctx context.Context, customerID string) ([]*stripego.CheckoutSession, error) {
	return pages(func(after string) ([]*stripego.CheckoutSession, bool, error) {
		c := g.begin(ctx, "checkout.list")
		params := &stripego.CheckoutSessionListParams{Customer: stripego.String(customerID)}
		list(ctx, &params.ListParams, after, "data.payment_intent", "data.payment_intent.latest_charge")
		found := c.api.CheckoutSessions.List(params)
		if err := found.Err(); err != nil {
			return nil, false, c.failed(err)
		}
		return found.CheckoutSessionList().Data, found.CheckoutSessionList().HasMore, nil
	}, func(session *stripego.CheckoutSession) string { return session.ID })
}

func (g *Gateway) findSession(ctx context.Context, effect options.Effect, customerID string) (*stripego.CheckoutSession, error) {
	sessions, err := g.sessions(ctx, customerID)
	// A page that has expired meanwhile is of no use and cannot be paid.
	return first(sessions, func(session *stripego.CheckoutSession) bool {
		return session.Metadata[metaEffect] == effect.Key && session.Status != stripego.CheckoutSessionStatusExpired
	}), err
}

func (g *Gateway) intents(ctx context.Context, customerID string) ([]*stripego.PaymentIntent, error) {
	return pages(func(after string) ([]*stripego.PaymentIntent, bool, error) {
		c := g.begin(ctx, "payment_intent.list")
		params := &stripego.PaymentIntentListParams{Customer: stripego.String(customerID)}
		list(ctx, &params.ListParams, after, "data.latest_charge")
		found := c.api.PaymentIntents.List(params)
		if err := found.Err(); err != nil {
			return nil, false, c.failed(err)
		}
		return found.PaymentIntentList().Data, found.PaymentIntentList().HasMore, nil
	}, func(intent *stripego.PaymentIntent) string { return intent.ID })
}

func (g *Gateway) findIntent(ctx context.Context, effect options.Effect, customerID string) (*stripego.PaymentIntent, error) {
	intents, err := g.intents(ctx, customerID)
	return first(intents, func(intent *stripego.PaymentIntent) bool { return intent.Metadata[metaEffect] == effect.Key }), err
}

func (g *Gateway) findRefund(ctx context.Context, effect options.Effect, paymentID string) (*stripego.Refund, error) {
	refunds, err := pages(func(after string) ([]*stripego.Refund, bool, error) {
		c := g.begin(ctx, "refund.list")
		params := &stripego.RefundListParams{PaymentIntent: stripego.String(paymentID)}
		list(ctx, &params.ListParams, after)
		found := c.api.Refunds.List(params)
		if err := found.Err(); err != nil {
			return nil, false, c.failed(err)
		}
		return found.RefundList().Data, found.RefundList().HasMore, nil
	}, func(refund *stripego.Refund) string { return refund.ID })
	return first(refunds, func(refund *stripego.Refund) bool { return refund.Metadata[metaEffect] == effect.Key }), err
}

func first[T any](items []*T, fits func(*T) bool) *T {
	if i := slices.IndexFunc(items, fits); i >= 0 {
		return items[i]
	}
	return nil
}

func (g *Gateway) readSession(ctx context.Context, id string) (payments.Attempt, error) {
	c := g.begin(ctx, "checkout.read")
	params := &stripego.CheckoutSessionParams{}
	params.Context = ctx
	params.AddExpand("payment_intent")
	params.AddExpand("payment_intent.latest_charge")
	session, err := c.api.CheckoutSessions.Get(id, params)
	if err != nil {
		return payments.Attempt{}, c.failed(err)
	}
	return sessionAttempt(session), nil
}

func (g *Gateway) readIntent(ctx context.Context, id string) (payments.Attempt, error) {
	c := g.begin(ctx, "payment_intent.read")
	params := &stripego.PaymentIntentParams{}
	params.Context = ctx
	params.AddExpand("latest_charge")
	intent, err := c.api.PaymentIntents.Get(id, params)
	if err != nil {
		return payments.Attempt{}, c.failed(err)
	}
	return intentAttempt(intent), nil
}

// Attempts lists every attempt of a plan, oldest first. A page and the intent
// behind it are one attempt. The intents are read first: one that is seen
// belongs to a page that is read afterwards, while the other way round a guest
// who begins to pay in between would look like a charge of ours.
func (g *Gateway) Attempts(ctx context.Context, request payments.AttemptsRequest) ([]payments.Attempt, error) {
	intents, err := g.intents(ctx, request.CustomerID)
	if err != nil {
		return nil, err
	}
	sessions, err := g.sessions(ctx, request.CustomerID)
	if err != nil {
		return nil, err
	}
	type dated struct {
		created int64
		attempt payments.Attempt
	}
	// Stripe lists newest first; within one second the order of its list decides.
	slices.Reverse(sessions)
	slices.Reverse(intents)
	var found []dated
	behindPage := map[string]bool{}
	for _, session := range sessions {
		if session.PaymentIntent != nil {
			behindPage[session.PaymentIntent.ID] = true
		}
		if session.Metadata["workflowId"] == request.WorkflowID {
			found = append(found, dated{session.Created, sessionAttempt(session)})
		}
	}
	for _, intent := range intents {
		if intent.Metadata["workflowId"] == request.WorkflowID && !behindPage[intent.ID] {
			found = append(found, dated{intent.Created, intentAttempt(intent)})
		}
	}
	slices.SortStableFunc(found, func(a, b dated) int { return int(a.created - b.created) })
	attempts := make([]payments.Attempt, 0, len(found))
	for _, item := range found {
		attempts = append(attempts, item.attempt)
	}
	return attempts, nil
}

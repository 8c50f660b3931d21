package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// stripeAPIVersion is the version that stripe-go v76 is pinned to, and that of
// the webhook endpoint.
const stripeAPIVersion = "2023-10-16"

// stripeState is one Stripe account. Its file is the index of the others: the
// effect key of a call is metadata[effect], else the idempotency key without
// the "#2" of a second native key.
type stripeState struct {
	customers   *table[stripeCustomer]
	sessions    *table[stripeSession]
	intents     *table[stripeIntent]
	charges     *table[stripeCharge]
	refunds     *table[stripeRefund]
	methods     *table[stripeMethod]
	outcomes    *table[ChargeOutcome] // by customer; "" is everybody else's
	answers     *table[stripeReplay]  // by idempotency key
	inUse       map[string]bool       // idempotency keys under way
	holdRefunds bool
}

func (s *Server) stripeTables() {
	s.stripe = stripeState{
		customers: newTable[stripeCustomer](s.store, "stripe.customers"),
		sessions:  newTable[stripeSession](s.store, "stripe.sessions"),
		intents:   newTable[stripeIntent](s.store, "stripe.intents"),
		charges:   newTable[stripeCharge](s.store, "stripe.charges"),
		refunds:   newTable[stripeRefund](s.store, "stripe.refunds"),
		methods:   newTable[stripeMethod](s.store, "stripe.methods"),
		outcomes:  newTable[ChargeOutcome](s.store, "stripe.outcomes"),
		answers:   newTable[stripeReplay](s.store, "stripe.answers"),
		inUse:     map[string]bool{},
	}
}

func (s *Server) stripeRoutes() {
	d := &dialect{
		name: providerStripe, authenticate: s.stripeAuthenticate, trouble: stripeTrouble,
		effectKey: stripeEffectKey, guard: s.stripeGuard,
	}
	s.route(d, "GET", "/v1/balance", "balance.get", s.stripeBalance)
	s.route(d, "POST", "/v1/customers", "customers.create", s.stripeCreateCustomer)
	s.route(d, "GET", "/v1/customers", "customers.list", s.stripeListCustomers)
	s.route(d, "GET", "/v1/customers/{id}", "customers.get", s.stripeGetCustomer)
	s.route(d, "GET", "/v1/customers/{id}/payment_methods", "customers.payment_methods", s.stripeListMethods)
	s.route(d, "POST", "/v1/checkout/sessions", "checkout.sessions.create", s.stripeCreateSession)
	s.route(d, "GET", "/v1/checkout/sessions", "checkout.sessions.list", s.stripeListSessions)
	s.route(d, "GET", "/v1/checkout/sessions/{id}", "checkout.sessions.get", s.stripeGetSession)
	s.route(d, "POST", "/v1/checkout/sessions/{id}/expire", "checkout.sessions.expire", s.stripeExpireSession)
	s.route(d, "POST", "/v1/payment_intents", "payment_intents.create", s.stripeCreateIntent)
	s.route(d, "GET", "/v1/payment_intents", "payment_intents.list", s.stripeListIntents)
	s.route(d, "GET", "/v1/payment_intents/{id}", "payment_intents.get", s.stripeGetIntent)
	s.route(d, "POST", "/v1/payment_intents/{id}/cancel", "payment_intents.cancel", s.stripeCancelIntent)
	s.route(d, "GET", "/v1/charges/{id}", "charges.get", s.stripeGetCharge)
	s.route(d, "POST", "/v1/refunds", "refunds.create", s.stripeCreateRefund)
	s.route(d, "GET", "/v1/refunds", "refunds.list", s.stripeListRefunds)
	s.route(d, "GET", "/v1/refunds/{id}", "refunds.get", s.stripeGetRefund)
	s.mux.Handle("/stripe/", s.endpoint(d, operation{"unknown", func(c *call) answer {
		return stripeError(http.StatusNotFound, stripeProblem{Type: "invalid_request_error", Message: fmt.Sprintf("Unrecognized request URL (%s: %s).", c.Method, strings.TrimPrefix(c.URL.Path, "/stripe"))})
	}}))
}

// stripeProblem is Stripe's error object.
type stripeProblem struct {
	Type          string `json:"type"`
	Code          string `json:"code,omitempty"`
	DeclineCode   string `json:"decline_code,omitempty"`
	Message       string `json:"message"`
	Param         string `json:"param,omitempty"`
	Charge        string `json:"charge,omitempty"`
	PaymentIntent any    `json:"payment_intent,omitempty"`
	PaymentMethod any    `json:"payment_method,omitempty"`
}

func stripeError(status int, problem stripeProblem) answer {
	return answer{status: status, body: map[string]any{"error": problem}, header: stripeHeader()}
}

func stripeInvalid(param, code, format string, values ...any) *answer {
	refused := stripeError(http.StatusBadRequest, stripeProblem{
		Type: "invalid_request_error", Code: code, Param: param, Message: fmt.Sprintf(format, values...),
	})
	return &refused
}

func stripeMissing(status int, param, kind, id string) *answer {
	refused := stripeError(status, stripeProblem{
		Type: "invalid_request_error", Code: "resource_missing", Param: param, Message: fmt.Sprintf("No such %s: '%s'", kind, id),
	})
	return &refused
}

func stripeOK(body any) answer {
	return answer{status: http.StatusOK, body: body, header: stripeHeader()}
}

func stripeDone(body any, id string) answer {
	done := stripeOK(body)
	done.effect, done.objectID = true, id
	return done
}

func stripeHeader() http.Header {
	header := http.Header{}
	header.Set("Request-Id", "req_"+randomText(14))
	header.Set("Stripe-Version", stripeAPIVersion)
	return header
}

func stripeTrouble(status int) answer {
	switch status {
	case http.StatusTooManyRequests:
		return stripeError(status, stripeProblem{Type: "invalid_request_error", Code: "rate_limit", Message: "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests."})
	case http.StatusRequestEntityTooLarge:
		return stripeError(status, stripeProblem{Type: "invalid_request_error", Message: "The request is too large."})
	default:
		return stripeError(status, stripeProblem{Type: "api_error", Message: "An unknown error occurred"})
	}
}

// stripeAuthenticate takes the key as a bearer token or as the user of Basic.
func (s *Server) stripeAuthenticate(c *call) *answer {
	key := c.bearer()
	if user, _, ok := c.BasicAuth(); ok {
		key = user
	}
	if same(key, s.config.Secrets.StripeKey) {
		return nil
	}
	message := "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
	if key != "" {
		message = "Invalid API Key provided: " + key[:min(3, len(key))] + "****"
	}
	refused := stripeError(http.StatusUnauthorized, stripeProblem{Type: "invalid_request_error", Message: message})
	return &refused
}

var nativeKeySuffix = regexp.MustCompile(`#\d+$`)

func stripeEffectKey(c *call) string {
	if key := c.form().Get("metadata[effect]"); key != "" {
		return key
	}
	return nativeKeySuffix.ReplaceAllString(c.Header.Get("Idempotency-Key"), "")
}

func (s *Server) stripeBalance(*call) answer {
	var captured int64
	for charge := range s.stripe.charges.all() {
		if charge.Paid {
			captured += charge.Amount - charge.Refunded
		}
	}
	funds := []map[string]any{{"amount": captured, "currency": "usd", "source_types": map[string]any{"card": captured}}}
	return stripeOK(map[string]any{"object": "balance", "available": funds, "pending": funds, "livemode": false})
}

// stripeParams are the parameters of a call: the form of a POST, the query of
// a GET.
type stripeParams struct{ url.Values }

func paramsOf(c *call) stripeParams {
	if c.Method == http.MethodGet {
		return stripeParams{c.URL.Query()}
	}
	return stripeParams{c.form()}
}

// only refuses parameters that the operation does not have.
func (p stripeParams) only(names ...string) *answer {
	for _, key := range slices.Sorted(maps.Keys(p.Values)) {
		top, _, _ := strings.Cut(key, "[")
		if !slices.Contains(names, top) && top != "expand" {
			return stripeInvalid(top, "parameter_unknown", "Received unknown parameter: %s", key)
		}
	}
	return nil
}

// required refuses a call that lacks one of the parameters.
func (p stripeParams) required(names ...string) *answer {
	for _, name := range names {
		if p.Get(name) == "" {
			return stripeInvalid(name, "parameter_missing", "Missing required param: %s.", name)
		}
	}
	return nil
}

// metadata reads prefix[key]=value pairs within Stripe's limits.
func (p stripeParams) metadata(prefix string) (map[string]string, *answer) {
	found := map[string]string{}
	for key, values := range p.Values {
		name, ok := strings.CutPrefix(key, prefix+"[")
		if !ok || !strings.HasSuffix(name, "]") {
			continue
		}
		name = strings.TrimSuffix(name, "]")
		if len([]rune(name)) > 40 {
			return nil, stripeInvalid(key, "", "Metadata keys can have up to 40 characters, but you passed in a key with %d characters.", len([]rune(name)))
		}
		if len([]rune(values[0])) > 500 {
			return nil, stripeInvalid(key, "", "Metadata values can have up to 500 characters, but you passed in a value with %d characters.", len([]rune(values[0])))
		}
		if values[0] != "" { // an empty value unsets
			found[name] = values[0]
		}
	}
	if len(found) > 50 {
		return nil, stripeInvalid(prefix, "", "You can only specify up to 50 metadata keys.")
	}
	return found, nil
}

// expansion is the paths that a caller wants as objects instead of IDs.
type expansion []string

func (p stripeParams) expand() expansion {
	var paths expansion
	for key, values := range p.Values {
		if key == "expand[]" || expandIndexed.MatchString(key) {
			paths = append(paths, values...)
		}
	}
	return paths
}

var expandIndexed = regexp.MustCompile(`^expand\[\d+\]$`)

// has says whether the field itself, or something under it, is wanted.
func (e expansion) has(field string) bool {
	return slices.ContainsFunc(e, func(path string) bool { return path == field || strings.HasPrefix(path, field+".") })
}

// under returns the wishes below a field.
func (e expansion) under(field string) expansion {
	var below expansion
	for _, path := range e {
		if rest, ok := strings.CutPrefix(path, field+"."); ok {
			below = append(below, rest)
		}
	}
	return below
}

// stripePage renders a list, the newest first, with Stripe's cursors.
func stripePage[T any](c *call, rows func(func(T) bool), match func(T) bool, id func(T) string, render func(T, expansion) map[string]any) answer {
	params := paramsOf(c)
	limit := 10
	if text := params.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 100 {
			return *stripeInvalid("limit", "parameter_invalid_integer", "Invalid integer: %s", text)
		}
	}
	after := params.Get("starting_after")
	expand := params.expand().under("data")
	data, more := []any{}, false
	for row := range rows {
		if after != "" {
			if id(row) == after {
				after = ""
			}
			continue
		}
		if !match(row) {
			continue
		}
		if len(data) == limit {
			more = true
			break
		}
		data = append(data, render(row, expand))
	}
	return stripeOK(map[string]any{"object": "list", "url": strings.TrimPrefix(c.URL.Path, "/stripe"), "has_more": more, "data": data})
}

// orNull renders Stripe's absent strings.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

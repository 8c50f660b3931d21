package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The statuses of a payment page.
const (
	sessionOpen     = "open"
	sessionComplete = "complete"
	sessionExpired  = "expired"
)

type stripeSession struct {
	ID               string            `json:"id"`
	Created          int64             `json:"created"`
	ExpiresAt        int64             `json:"expiresAt"`
	Status           string            `json:"status"`
	PaymentStatus    string            `json:"paymentStatus"`
	Customer         string            `json:"customer"`
	CustomerEmail    string            `json:"customerEmail"`
	Amount           int64             `json:"amount"`
	Currency         string            `json:"currency"`
	Label            string            `json:"label"`
	Reference        string            `json:"reference"`
	Locale           string            `json:"locale"`
	SuccessURL       string            `json:"successUrl"`
	CancelURL        string            `json:"cancelUrl"`
	Intent           string            `json:"intent"`
	Metadata         map[string]string `json:"metadata"`
	IntentMetadata   map[string]string `json:"intentMetadata"`
	IntentLabel      string            `json:"intentLabel"`
	SetupFutureUsage string            `json:"setupFutureUsage"`
	MethodTypes      []string          `json:"methodTypes"`
}

func (s *Server) stripeCreateSession(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("mode", "line_items", "customer", "customer_email", "customer_creation", "customer_update", "success_url", "cancel_url", "expires_at",
		"metadata", "payment_intent_data", "client_reference_id", "locale", "payment_method_types", "payment_method_options", "billing_address_collection", "submit_type", "ui_mode"); refused != nil {
		return *refused
	}
	session, refused := s.readSession(params)
	if refused != nil {
		return *refused
	}
	s.stripe.sessions.put(session.ID, session)
	return stripeDone(s.renderSession(session, params.expand()), session.ID)
}

// readSession checks the parameters in the order in which Stripe complains.
func (s *Server) readSession(params stripeParams) (stripeSession, *answer) {
	now := s.now()
	session := stripeSession{
		ID: "cs_test_" + randomText(58), Created: now.Unix(), Status: sessionOpen, PaymentStatus: "unpaid",
		Customer: params.Get("customer"), CustomerEmail: params.Get("customer_email"), Reference: params.Get("client_reference_id"), Locale: params.Get("locale"),
		SuccessURL: params.Get("success_url"), CancelURL: params.Get("cancel_url"),
		IntentLabel: params.Get("payment_intent_data[description]"), SetupFutureUsage: params.Get("payment_intent_data[setup_future_usage]"),
		MethodTypes: listParam(params, "payment_method_types"),
	}
	if refused := params.required("mode", "success_url"); refused != nil {
		return session, refused
	}
	if mode := params.Get("mode"); mode != "payment" {
		return session, stripeInvalid("mode", "", "Invalid mode: must be payment here, the sandbox serves no %s", mode)
	}
	if refused := checkChoice("payment_intent_data[setup_future_usage]", session.SetupFutureUsage, "on_session", "off_session"); refused != nil {
		return session, refused
	}
	if refused := checkChoice("locale", session.Locale, "auto", "de", "en", "en-GB", "es", "es-419", "fr", "fr-CA", "it", "ja", "nl", "pt", "pt-BR", "zh"); refused != nil {
		return session, refused
	}
	if refused := s.readLineItems(params, &session); refused != nil {
		return session, refused
	}
	if _, found := s.stripe.customers.get(session.Customer); session.Customer != "" && !found {
		return session, stripeMissing(http.StatusBadRequest, "customer", "customer", session.Customer)
	}
	if session.Customer != "" && session.CustomerEmail != "" {
		return session, stripeInvalid("customer_email", "", "You may only specify one of these parameters: customer, customer_email.")
	}
	var refused *answer
	if session.Metadata, refused = params.metadata("metadata"); refused != nil {
		return session, refused
	}
	if session.IntentMetadata, refused = params.metadata("payment_intent_data[metadata]"); refused != nil {
		return session, refused
	}
	session.ExpiresAt, refused = readExpiry(params.Get("expires_at"), now)
	return session, refused
}

func checkChoice(param, value string, choices ...string) *answer {
	if value == "" || slices.Contains(choices, value) {
		return nil
	}
	return stripeInvalid(param, "", "Invalid %s: must be one of %v", param, choices)
}

func listParam(params stripeParams, name string) []string {
	found := append([]string{}, params.Values[name+"[]"]...)
	for i := 0; params.Get(fmt.Sprintf("%s[%d]", name, i)) != ""; i++ {
		found = append(found, params.Get(fmt.Sprintf("%s[%d]", name, i)))
	}
	return found
}

// readLineItems sums the items; the first one's name is what the page shows.
func (s *Server) readLineItems(params stripeParams, session *stripeSession) *answer {
	for i := 0; ; i++ {
		item := fmt.Sprintf("line_items[%d]", i)
		price := item + "[price_data]"
		if params.Get(price+"[currency]") == "" && params.Get(price+"[unit_amount]") == "" && params.Get(item+"[quantity]") == "" {
			break
		}
		if refused := params.required(price+"[currency]", price+"[unit_amount]", price+"[product_data][name]", item+"[quantity]"); refused != nil {
			return refused
		}
		unit, code, refused := stripeAmount(price+"[unit_amount]", params.Get(price+"[unit_amount]"), price+"[currency]", params.Get(price+"[currency]"))
		if refused != nil {
			return refused
		}
		quantity, err := strconv.ParseInt(params.Get(item+"[quantity]"), 10, 64)
		if err != nil || quantity < 1 {
			return stripeInvalid(item+"[quantity]", "parameter_invalid_integer", "Invalid integer: %s", params.Get(item+"[quantity]"))
		}
		if i > 0 && code != session.Currency {
			return stripeInvalid(price+"[currency]", "", "All line items must have the same currency.")
		}
		if i == 0 {
			session.Currency, session.Label = code, params.Get(price+"[product_data][name]")
		}
		session.Amount += unit * quantity
	}
	if session.Currency == "" {
		return stripeInvalid("line_items", "parameter_missing", "Missing required param: line_items.")
	}
	return stripeEnough("line_items", session.Amount, session.Currency)
}

// readExpiry allows 30 minutes to 24 hours from now, as Stripe does.
func readExpiry(text string, now time.Time) (int64, *answer) {
	if text == "" {
		return now.Add(24 * time.Hour).Unix(), nil
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, stripeInvalid("expires_at", "parameter_invalid_integer", "Invalid integer: %s", text)
	}
	if at < now.Add(30*time.Minute).Unix() {
		return 0, stripeInvalid("expires_at", "", "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
	}
	if at > now.Add(24*time.Hour).Unix() {
		return 0, stripeInvalid("expires_at", "", "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
	}
	return at, nil
}

func (s *Server) stripeGetSession(c *call) answer {
	session, found := s.session(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "session", "checkout.session", c.PathValue("id"))
	}
	return stripeOK(s.renderSession(session, paramsOf(c).expand()))
}

func (s *Server) stripeListSessions(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("customer", "payment_intent", "status", "limit", "starting_after", "ending_before", "created", "customer_details"); refused != nil {
		return *refused
	}
	for session := range s.stripe.sessions.all() {
		s.expireIfDue(session)
	}
	customer, intent, status := params.Get("customer"), params.Get("payment_intent"), params.Get("status")
	return stripePage(c, s.stripe.sessions.newest(),
		func(session stripeSession) bool {
			return (customer == "" || session.Customer == customer) && (intent == "" || session.Intent == intent) && (status == "" || session.Status == status)
		},
		func(session stripeSession) string { return session.ID }, s.renderSession)
}

func (s *Server) stripeExpireSession(c *call) answer {
	session, found := s.session(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "session", "checkout.session", c.PathValue("id"))
	}
	if session.Status != sessionOpen {
		return *stripeInvalid("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", session.Status)
	}
	return stripeDone(s.renderSession(s.expireSession(session), paramsOf(c).expand()), session.ID)
}

// session returns a page as it stands now: one whose time has come is expired.
func (s *Server) session(id string) (stripeSession, bool) {
	session, found := s.stripe.sessions.get(id)
	if found {
		session = s.expireIfDue(session)
	}
	return session, found
}

func (s *Server) expireIfDue(session stripeSession) stripeSession {
	if session.Status != sessionOpen || s.now().Unix() < session.ExpiresAt {
		return session
	}
	return s.expireSession(session)
}

// expireDue expires every page whose time has come.
func (s *Server) expireDue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for session := range s.stripe.sessions.all() {
		s.expireIfDue(session)
	}
	if err := s.store.commit(); err != nil {
		s.config.Logger.Error("sandbox cannot write its files", "error", err)
	}
}

// expireSession closes a page, and the payment that was begun on it.
func (s *Server) expireSession(session stripeSession) stripeSession {
	session.Status = sessionExpired
	s.stripe.sessions.put(session.ID, session)
	if intent, begun := s.stripe.intents.get(session.Intent); begun {
		intent.Status, intent.CanceledAt, intent.CancelReason = intentCanceled, s.now().Unix(), "abandoned"
		s.stripe.intents.put(intent.ID, intent)
	}
	s.stripeEvent("checkout.session.expired", s.renderSession(session, nil))
	return session
}

func (s *Server) renderSession(session stripeSession, expand expansion) map[string]any {
	var page any
	if session.Status == sessionOpen {
		page = s.config.BaseURL + "/pages/pay/" + session.ID
	}
	intent := orNull(session.Intent)
	if row, found := s.stripe.intents.get(session.Intent); found && expand.has("payment_intent") {
		intent = s.renderIntent(row, expand.under("payment_intent"))
	}
	customer := orNull(session.Customer)
	row, known := s.stripe.customers.get(session.Customer)
	if known && expand.has("customer") {
		customer = renderCustomer(row, nil)
	}
	var details any
	if email := firstOf(row.Email, session.CustomerEmail); email != "" || known {
		details = map[string]any{"address": nil, "email": orNull(email), "name": orNull(row.Name), "phone": orNull(row.Phone), "tax_exempt": "none", "tax_ids": []any{}}
	}
	return map[string]any{
		"id": session.ID, "object": "checkout.session", "mode": "payment", "status": session.Status, "payment_status": session.PaymentStatus,
		"url": page, "created": session.Created, "expires_at": session.ExpiresAt, "livemode": false,
		"amount_subtotal": session.Amount, "amount_total": session.Amount, "currency": session.Currency,
		"customer": customer, "customer_email": orNull(session.CustomerEmail), "customer_details": details, "customer_creation": nil,
		"payment_intent": intent, "metadata": session.Metadata, "client_reference_id": orNull(session.Reference), "locale": orNull(session.Locale),
		"success_url": session.SuccessURL, "cancel_url": orNull(session.CancelURL), "ui_mode": "hosted",
		"payment_method_types": methodTypes(session.MethodTypes), "payment_method_options": map[string]any{}, "payment_method_collection": "if_required",
		"after_expiration": nil, "allow_promotion_codes": nil, "automatic_tax": map[string]any{"enabled": false, "liability": nil, "status": nil},
		"billing_address_collection": nil, "client_secret": nil, "consent": nil, "consent_collection": nil, "currency_conversion": nil, "custom_fields": []any{},
		"custom_text": map[string]any{"after_submit": nil, "shipping_address": nil, "submit": nil, "terms_of_service_acceptance": nil},
		"invoice":     nil, "invoice_creation": nil, "payment_link": nil, "payment_method_configuration_details": nil, "phone_number_collection": map[string]any{"enabled": false},
		"recovered_from": nil, "setup_intent": nil, "shipping_address_collection": nil, "shipping_cost": nil, "shipping_details": nil, "shipping_options": []any{},
		"submit_type": nil, "subscription": nil, "total_details": map[string]any{"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
	}
}

func methodTypes(chosen []string) []string {
	if len(chosen) == 0 {
		return []string{"card"}
	}
	return chosen
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

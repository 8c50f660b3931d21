package sandbox

import "net/http"

type stripeCustomer struct {
	ID          string            `json:"id"`
	Created     int64             `json:"created"`
	Email       string            `json:"email"`
	Name        string            `json:"name"`
	Phone       string            `json:"phone"`
	Description string            `json:"description"`
	Locales     []string          `json:"locales"`
	Metadata    map[string]string `json:"metadata"`
}

// stripeMethod is a payment method; one without a customer cannot be charged.
type stripeMethod struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Type     string `json:"type"`
	Created  int64  `json:"created"`
}

func (s *Server) stripeCreateCustomer(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("email", "name", "phone", "description", "metadata", "preferred_locales", "address", "shipping", "tax_exempt", "invoice_prefix"); refused != nil {
		return *refused
	}
	if email := params.Get("email"); email != "" && !looksLikeEmail(email) {
		return *stripeInvalid("email", "email_invalid", "Invalid email address: %s", email)
	}
	metadata, refused := params.metadata("metadata")
	if refused != nil {
		return *refused
	}
	customer := stripeCustomer{
		ID: "cus_" + randomText(14), Created: s.now().Unix(),
		Email: params.Get("email"), Name: params.Get("name"), Phone: params.Get("phone"), Description: params.Get("description"),
		Locales: params.Values["preferred_locales[]"], Metadata: metadata,
	}
	s.stripe.customers.put(customer.ID, customer)
	return stripeDone(renderCustomer(customer, nil), customer.ID)
}

func (s *Server) stripeGetCustomer(c *call) answer {
	customer, found := s.stripe.customers.get(c.PathValue("id"))
	if !found {
		return *stripeMissing(http.StatusNotFound, "id", "customer", c.PathValue("id"))
	}
	return stripeOK(renderCustomer(customer, nil))
}

func (s *Server) stripeListCustomers(c *call) answer {
	params := paramsOf(c)
	if refused := params.only("email", "limit", "starting_after", "ending_before", "created"); refused != nil {
		return *refused
	}
	email := params.Get("email")
	return stripePage(c, s.stripe.customers.newest(),
		func(customer stripeCustomer) bool { return email == "" || email == customer.Email },
		func(customer stripeCustomer) string { return customer.ID }, renderCustomer)
}

func (s *Server) stripeListMethods(c *call) answer {
	customer := c.PathValue("id")
	if _, found := s.stripe.customers.get(customer); !found {
		return *stripeMissing(http.StatusNotFound, "customer", "customer", customer)
	}
	return stripePage(c, s.stripe.methods.newest(),
		func(method stripeMethod) bool { return method.Customer == customer },
		func(method stripeMethod) string { return method.ID }, renderMethod)
}

func renderCustomer(customer stripeCustomer, _ expansion) map[string]any {
	locales := customer.Locales
	if locales == nil {
		locales = []string{}
	}
	return map[string]any{
		"id": customer.ID, "object": "customer", "created": customer.Created, "livemode": false,
		"email": orNull(customer.Email), "name": orNull(customer.Name), "phone": orNull(customer.Phone),
		"description": orNull(customer.Description), "metadata": customer.Metadata,
		"address": nil, "balance": 0, "currency": nil, "default_source": nil, "delinquent": false, "discount": nil,
		"invoice_prefix": "SANDBOX", "preferred_locales": locales, "shipping": nil, "tax_exempt": "none",
		"invoice_settings": map[string]any{"custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil},
	}
}

func renderMethod(method stripeMethod, _ expansion) map[string]any {
	rendered := map[string]any{
		"id": method.ID, "object": "payment_method", "type": method.Type, "customer": orNull(method.Customer), "created": method.Created,
		"livemode": false, "metadata": map[string]string{},
		"billing_details": map[string]any{"address": nil, "email": nil, "name": nil, "phone": nil},
	}
	rendered[method.Type] = methodDetails(method.Type)
	return rendered
}

// methodDetails is what Stripe tells of a method; nothing of a real card.
func methodDetails(kind string) map[string]any {
	details := chargeDetails(kind)
	if kind == "card" {
		details["networks"], details["three_d_secure_usage"] = nil, nil
	}
	return details
}

// chargeDetails is what Stripe tells of the method of a charge.
func chargeDetails(kind string) map[string]any {
	if kind != "card" {
		return map[string]any{}
	}
	return map[string]any{
		"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034, "funding": "credit", "country": "US", "checks": nil, "wallet": nil,
	}
}

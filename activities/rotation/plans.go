package rotation

import (
	"guestjourney/activities/options"
	"guestjourney/internal/secrets"
)

// Who makes a new text.
const (
	ByAPI    = "api"    // the house itself
	ByPerson = "person" // a person, at the provider
)

// Plan says how a secret is replaced.
type Plan struct {
	// By is who makes the new text: ByAPI or ByPerson.
	By string `json:"by"`
	// Tested says how it is tried before it is in force; "" means that only a
	// person can tell.
	Tested string `json:"tested,omitempty"`
	// Make and Retire say what a person does before and after.
	Make   string `json:"make,omitempty"`
	Retire string `json:"retire,omitempty"`
	// Overlap is how long both versions are left valid before the next step: by
	// then every program has read them.
	Overlap options.Duration `json:"overlap"`
}

// plans is the table; the README's is held against it.
var plans = map[secrets.Name]Plan{
	secrets.StripeAPIKey: {
		By: ByPerson, Tested: "reads the account's balance",
		Make:   "make a second key in Stripe's dashboard",
		Retire: "expire the former key there",
	},
	secrets.SendGridAPIKey: {
		By: ByPerson, Tested: "reads the key's permissions",
		Make:   "make a second key at SendGrid with the same permissions",
		Retire: "delete the former key there",
	},
	secrets.TwilioAuthToken: {
		By: ByPerson, Tested: "reads the account with it",
		Make:   "make a secondary auth token at Twilio",
		Retire: "promote the secondary token at Twilio, which ends the former",
	},
	secrets.DatabasePassword: {
		By:     ByPerson,
		Make:   "choose a new password; change the role's own only after `confirm`",
		Retire: "change the role's password at once: open connections go on",
	},
	secrets.JWTSigningKey: {By: ByAPI, Tested: "is long enough to sign with"},
}

// PlanOf returns how a secret is replaced, without its overlap.
func PlanOf(name string) (Plan, bool) {
	plan, known := plans[secrets.Name(name)]
	return plan, known
}

package providers

import (
	"errors"
	"fmt"

	"guestjourney/workflows/profile"
)

// Config is what the declarations need from the outside. A provider without
// secrets is served and refuses everything.
type Config struct {
	StripeSecrets  []string
	TwilioTokens   []string
	SendGridKeys   []string
	HubSpotSecrets []string
	GuestSecrets   []string
	// IdentityKey turns a phone number into its claim's ID.
	IdentityKey []byte
	// Starts says which HubSpot contacts start a journey; nil means none.
	Starts *profile.StartRules
}

// constructors is the table of providers: one line each.
var constructors = []struct {
	variable string // holds the secrets
	declare  func(Config) (Provider, error)
}{
	{"STRIPE_WEBHOOK_SECRETS", stripe},
	{"TWILIO_AUTH_TOKEN", twilio},
	{"SENDGRID_WEBHOOK_PUBLIC_KEYS", sendGrid},
	{"HUBSPOT_CLIENT_SECRETS", hubSpot},
	{"GUEST_WEBHOOK_SECRETS", guest},
}

// All returns every provider. The error names the variable of each secret that
// cannot be used, and never the secret.
func All(config Config) ([]Provider, error) {
	var all []Provider
	var problems []error
	for _, entry := range constructors {
		provider, err := entry.declare(config)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", entry.variable, err))
			continue
		}
		all = append(all, provider)
	}
	return all, errors.Join(problems...)
}

package providers

import (
	"slices"

	"guestjourney/internal/verify"
	"guestjourney/workflows/profile"
)

// Config is what the declarations need from the outside. A provider without
// secrets is served and refuses everything.
type Config struct {
	// Secrets may be nil: then nobody has any.
	Secrets Secrets
	// IdentityKey turns a phone number into its claim's ID.
	IdentityKey []byte
	// Starts says which HubSpot contacts start a journey; nil means none.
	Starts *profile.StartRules
}

// table is every provider: one line each.
var table = []func(Config) Provider{
	stripe,
	twilio,
	sendGrid,
	hubSpot,
	guest,
}

// All returns every provider. The error names the variable of each secret that
// cannot be used, and never the secret.
func All(config Config) ([]Provider, error) {
	all := make([]Provider, 0, len(table))
	for _, declare := range table {
		provider := declare(config)
		provider.Verifier = verify.NewRotating(nil)
		all = append(all, provider)
	}
	if config.Secrets == nil {
		return all, nil
	}
	return all, Rekey(all, config.Secrets)
}

// Variables are the environment variables of all secrets, in order.
func Variables() []string {
	var names []string
	for _, declare := range table {
		for _, scheme := range declare(Config{}).Schemes {
			names = append(names, scheme.Variable)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

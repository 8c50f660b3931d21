package providers

import (
	"context"
	"slices"
	"time"

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
	// Assistants take Vapi's inbound calls.
	Assistants Assistants
	// Certificates are Amazon's, to verify SNS with; nil fetches them.
	Certificates *verify.Certificates
	// Confirm gets an address of Amazon's, and so confirms a subscription; nil
	// confirms none. It is called only with an address that isSubscribeURL holds.
	Confirm func(ctx context.Context, address string) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// secrets are those of a variable that are valid now.
func (c Config) secrets(variable string) []string {
	if c.Secrets == nil {
		return nil
	}
	return c.Secrets(variable)
}

func (c Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// table is every provider: one line each.
var table = []func(Config) Provider{
	stripe,
	twilio,
	sendGrid,
	hubSpot,
	guest,
	whatsApp,
	vapi,
	zoom,
	daily,
	google,
	cal,
	contentful,
	sanity,
	cloudinary,
	mux,
	oura,
	whoop,
	garmin,
	healthKit,
	practiceBetter,
	jane,
	fhir,
	mixpanel,
	ses,
	standard,
}

// All returns every provider. The error names the variable of each secret that
// cannot be used, and never the secret.
func All(config Config) ([]Provider, error) {
	all := make([]Provider, 0, len(table))
	for _, declare := range table {
		provider := declare(config)
		provider.Verifier = verify.NewRotating(nil)
		for i := range provider.Routes {
			provider.Routes[i].Events = small(provider.Routes[i].Events)
		}
		all = append(all, provider)
	}
	if config.Secrets == nil {
		return all, nil
	}
	return all, Rekey(all, config.Secrets)
}

// Variables are the environment variables of all secrets and tokens, in order.
func Variables() []string {
	var names []string
	for _, declare := range table {
		provider := declare(Config{})
		names = append(names, provider.Tokens...)
		for _, scheme := range provider.Schemes {
			names = append(names, scheme.Variable)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// SigningURL are the variables of the secrets of those who sign the address
// that they call, in order: with any of them, PUBLIC_URL must be right.
func SigningURL() []string {
	var names []string
	for _, declare := range table {
		for _, scheme := range declare(Config{}).Schemes {
			if scheme.SignsURL {
				names = append(names, scheme.Variable)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

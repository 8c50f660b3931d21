package providers

import (
	"fmt"
	"slices"
	"time"

	"guestjourney/internal/verify"
)

// Protection is what protects a provider's webhooks, as it is declared here and
// with the secrets of the moment.
type Protection struct {
	Provider string
	// ActedOn: something becomes of its events.
	ActedOn bool
	// Configured: there is a secret. Without one everything is refused.
	Configured bool
	// Guards are the schemes that have a secret; without any, those to set up.
	Guards []Guard
	// Remember is how long a repeated event is recognised, whichever scheme
	// proves it; 0 would be not at all.
	Remember time.Duration
}

// Guard is one scheme.
type Guard struct {
	Variable string
	// Algorithm makes the signature; empty where nothing is signed, for the
	// reason in Unsigned.
	Algorithm string
	Unsigned  string
	// Window is where the signed time must lie; zero where none is checked, for
	// the reason in Undated.
	Window  verify.Window
	Undated string
	// Better: see Scheme.
	Better string
}

// Signed says whether a signature of what is sent is checked.
func (g Guard) Signed() bool { return g.Algorithm != "" }

// Dated says whether what was signed too long ago is refused.
func (g Guard) Dated() bool { return g.Window != verify.Window{} }

// Protection says what protects the provider's webhooks. The error names the
// variable of a secret that cannot be used, and never the secret.
func (p Provider) Protection(secrets Secrets) (Protection, error) {
	protection := Protection{Provider: p.Name, ActedOn: len(p.Types) > 0, Remember: p.Remember}
	var all []Guard
	for _, scheme := range p.Schemes {
		valid := secrets(scheme.Variable)
		verifier, err := scheme.verifier(valid)
		if err != nil {
			return Protection{}, fmt.Errorf("%s: %w", scheme.Variable, err)
		}
		traits := verify.TraitsOf(verifier)
		guard := Guard{
			Variable: scheme.Variable, Algorithm: traits.Algorithm, Unsigned: scheme.Unsigned,
			Window: traits.Window, Undated: scheme.Undated, Better: scheme.Better,
		}
		all = append(all, guard)
		if len(valid) > 0 {
			protection.Guards = append(protection.Guards, guard)
		}
	}
	protection.Configured = len(protection.Guards) > 0
	if !protection.Configured {
		// What would be set first: nobody accepts the weaker scheme by having none.
		protection.Guards = slices.DeleteFunc(all, func(guard Guard) bool { return guard.Better != "" })
	}
	return protection, nil
}

package providers

import (
	"fmt"
	"time"

	"guestjourney/internal/verify"
)

// Finding is what one scheme of a provider makes of a message.
type Finding struct {
	Variable string
	// SignsURL: see Scheme.
	SignsURL bool
	// KeyIDs name the secrets that are valid (see verify.KeyID).
	KeyIDs []string
	Traits verify.Traits
	Match  verify.Match
	// Err is nil, or one of package verify's.
	Err error
}

// Examine lets every scheme judge a message by itself, for a person who wants to
// know why the provider's Verifier refused it: that one stops at the first
// wrong signature. The error names the variable of a secret that cannot be used.
func (p Provider) Examine(secrets Secrets, message verify.Message, now time.Time) ([]Finding, error) {
	findings := make([]Finding, 0, len(p.Schemes))
	for _, scheme := range p.Schemes {
		valid := secrets(scheme.Variable)
		verifier, err := scheme.verifier(valid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", scheme.Variable, err)
		}
		found := Finding{Variable: scheme.Variable, SignsURL: scheme.SignsURL, Traits: verify.TraitsOf(verifier)}
		for _, secret := range valid {
			found.KeyIDs = append(found.KeyIDs, verify.KeyID(secret))
		}
		found.Match, found.Err = verifier.Verify(message, now)
		findings = append(findings, found)
	}
	return findings, nil
}

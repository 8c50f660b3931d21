package providers

import (
	"errors"
	"fmt"

	"guestjourney/internal/verify"
)

// Scheme is one way in which a provider proves itself, and the environment
// variable of its secrets: several, comma-separated, while one rotates.
type Scheme struct {
	Variable string
	// SignsURL: the address is part of what is signed, so that nothing can be
	// verified unless it is known what the sender was told to call.
	SignsURL bool
	// Unsigned says why nothing of what is sent is signed, and Undated why no
	// signed time is checked: what the sender does not offer cannot be asked for.
	// Both are empty where it is checked.
	Unsigned, Undated string
	// Better is the variable of a scheme that the same sender offers in this
	// one's place, and that proves more; empty if there is none.
	Better   string
	verifier func(secrets []string) (verify.Verifier, error)
}

// signs is the scheme of a constructor of package verify.
func signs[V verify.Verifier](variable string, constructor func(secrets ...string) (V, error)) Scheme {
	return Scheme{Variable: variable, verifier: func(secrets []string) (verify.Verifier, error) {
		verifier, err := constructor(secrets...)
		return verifier, err
	}}
}

// withURL marks a scheme that signs the address.
func (s Scheme) withURL() Scheme {
	s.SignsURL = true
	return s
}

// unsigned marks a scheme of a shared secret alone, and says why there is no
// signature.
func (s Scheme) unsigned(reason string) Scheme {
	s.Unsigned, s.Undated = reason, "nothing is signed, so no time is"
	return s
}

// undated marks a scheme that signs no time.
func (s Scheme) undated() Scheme {
	s.Undated = "the sender signs no time"
	return s
}

// insteadOf marks a scheme that the sender's better one makes needless.
func (s Scheme) insteadOf(better string) Scheme {
	s.Better = better
	return s
}

// bears is the scheme of a shared secret in a header.
func bears(variable, header string) Scheme {
	return signs(variable, func(tokens ...string) (*verify.Token, error) { return verify.NewToken(header, tokens...) }).
		unsigned("the sender offers a secret in a header, and no signature")
}

// Secrets returns the secrets of a variable that are valid now; none means that
// the scheme is not used.
type Secrets func(variable string) []string

// verifier makes the provider's verifier of the secrets of the moment.
func (p Provider) verifier(secrets Secrets) (verify.Verifier, error) {
	var all []verify.Verifier
	var problems []error
	for _, scheme := range p.Schemes {
		verifier, err := scheme.verifier(secrets(scheme.Variable))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", scheme.Variable, err))
			continue
		}
		all = append(all, verifier)
	}
	switch {
	case len(problems) > 0:
		return nil, errors.Join(problems...)
	case len(all) == 1:
		return all[0], nil
	}
	return verify.AnyOf(all...), nil
}

// Rekey gives every provider the secrets of the moment. If one cannot be used,
// none is changed; the error names its variable and never the secret. Requests
// under way are judged by what was there when they came.
func Rekey(all []Provider, secrets Secrets) error {
	verifiers := make([]verify.Verifier, len(all))
	var problems []error
	for i, provider := range all {
		verifier, err := provider.verifier(secrets)
		if err != nil {
			problems = append(problems, err)
		}
		verifiers[i] = verifier
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	for i, provider := range all {
		provider.Verifier.Set(verifiers[i])
	}
	return nil
}

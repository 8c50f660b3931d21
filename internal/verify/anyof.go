package verify

import (
	"errors"
	"net/http"
	"time"
)

// claimant is a verifier that tells whether a message bears its signature at
// all, right or wrong.
type claimant interface {
	claims(header http.Header) bool
}

func has(header http.Header, name string) bool { return len(header.Values(name)) > 0 }

// anyOf is the schemes that one provider may use.
type anyOf []Verifier

// AnyOf accepts a message that one of a provider's schemes proves. The rule:
//
//   - A member without a secret is passed over; if all are, it is ErrNoSecret.
//   - Every other member whose signature header the message bears must accept
//     it. A wrong signature is refused even if another one is right.
//   - At least one must accept it. A message that bears none is refused.
//
// The match is that of the first member that accepts. So that members do not
// judge each other's messages, their signature headers must differ. Mind that
// who knows the secret of the weakest configured member needs no other.
func AnyOf(members ...Verifier) Verifier { return anyOf(members) }

// Verify implements Verifier.
func (a anyOf) Verify(message Message, now time.Time) (Match, error) {
	var first *Match
	verdict := ErrNoSecret
	for _, member := range a {
		match, err := member.Verify(message, now)
		switch {
		case passedOver(err):
			continue
		case !bears(member, message.Header):
			verdict = ErrHeader
		case err != nil:
			return Match{}, err
		case first == nil:
			first = &match
		}
	}
	if first == nil {
		return Match{}, verdict
	}
	return *first, nil
}

// passedOver tells a member without a secret from one that cannot judge now.
func passedOver(err error) bool {
	return errors.Is(err, ErrNoSecret) && !errors.Is(err, ErrUnavailable)
}

// bears holds a member of another package to every message.
func bears(member Verifier, header http.Header) bool {
	scheme, ok := member.(claimant)
	return !ok || scheme.claims(header)
}

func (a anyOf) claims(header http.Header) bool {
	for _, member := range a {
		if bears(member, header) {
			return true
		}
	}
	return false
}

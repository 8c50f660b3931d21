package identity

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Limits of RFC 5321, section 4.5.3.1.
const (
	maxEmail     = 254
	maxLocalPart = 64
)

var (
	errEmailForm   = errors.New("email: want one address such as name and domain with an @ between them")
	errEmailLocal  = errors.New("email: the part before the @ has characters that mail providers do not accept")
	errEmailDomain = errors.New("email: the domain is not a valid one")
)

// Email returns the form under which an e-mail address is claimed and written
// to: trimmed, in lower case, the domain as DNS sees it. Dots and plus signs
// stay: what they mean is the mail provider's business, and two guests must
// never become one by a guess.
func Email(address string) (string, error) {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > maxEmail {
		return "", errEmailForm
	}
	local := strings.ToLower(address[:at])
	if !isDotAtom(local) {
		return "", errEmailLocal
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil || !isFullName(domain) || !isFullName(address[at+1:]) {
		// idna's error is dropped on purpose: it quotes the domain.
		return "", errEmailDomain
	}
	// idna accepts some names that it would not accept, or would change, a
	// second time; one address must not have two claims.
	if again, err := idna.Lookup.ToASCII(domain); err != nil || again != domain {
		return "", errEmailDomain
	}
	canonical := local + "@" + domain
	if len(canonical) > maxEmail {
		return "", errEmailForm
	}
	return canonical, nil
}

// isFullName says whether a domain has two labels or more and no empty one.
func isFullName(domain string) bool {
	return strings.Contains(domain, ".") && !slices.Contains(strings.Split(domain, "."), "")
}

// isDotAtom says whether text is a dot-atom of RFC 5322. Quoted local parts are
// legal mail and refused by the providers.
func isDotAtom(text string) bool {
	if len(text) > maxLocalPart {
		return false
	}
	for _, atom := range strings.Split(text, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if !isAtomByte(atom[i]) {
				return false
			}
		}
	}
	return true
}

func isAtomByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", b) >= 0
}

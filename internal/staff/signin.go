package staff

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"time"
)

const hashSize = sha256.Size

// SignedIn is who a token belongs to.
type SignedIn struct {
	Code  string
	Roles []string
}

// HashToken is the form in which the file keeps a token: the SHA-256 of its
// text, in hexadecimal digits. A plain hash is right for a token that is 32
// random bytes, of which nobody can try even a small part; for a word that a
// person has chosen it would be wrong, and a slow one would be needed.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// SignIn finds whose token it is.
func (r *Roster) SignIn(token string) (SignedIn, bool) { return r.Holder(HashToken(token)) }

// Holder finds whose token has a hash, for who has signed in and may have left the
// file since; a hash that came from outside is no proof of anything. Every hash is
// compared, each in constant time, so that the time it takes tells nothing.
func (r *Roster) Holder(hash string) (SignedIn, bool) {
	code := ""
	for known, owner := range r.tokens {
		if subtle.ConstantTimeCompare([]byte(known), []byte(hash)) == 1 {
			code = owner
		}
	}
	if code == "" {
		return SignedIn{}, false
	}
	return SignedIn{Code: code, Roles: slices.Clone(r.people[code].roles)}, true
}

// Zone is the property's, in which times of day are shown.
func (r *Roster) Zone() *time.Location { return r.zone }

package verify

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Rotating holds the present verifier of a provider, so that secrets change
// without a restart. A message is judged by the verifier that was there when it
// came, whole. The zero value has none and answers ErrNoSecret.
type Rotating struct {
	current atomic.Pointer[Verifier]
}

// NewRotating begins with the given verifier.
func NewRotating(verifier Verifier) *Rotating {
	rotating := &Rotating{}
	rotating.Set(verifier)
	return rotating
}

// Set puts another verifier in place, for all messages from now on.
func (r *Rotating) Set(verifier Verifier) { r.current.Store(&verifier) }

// Verify implements Verifier.
func (r *Rotating) Verify(message Message, now time.Time) (Match, error) {
	verifier := r.current.Load()
	if verifier == nil || *verifier == nil {
		return Match{}, ErrNoSecret
	}
	return (*verifier).Verify(message, now)
}

func (r *Rotating) claims(header http.Header) bool {
	verifier := r.current.Load()
	return verifier != nil && *verifier != nil && bears(*verifier, header)
}

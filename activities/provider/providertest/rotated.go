package providertest

import (
	"context"
	"sync/atomic"
)

// Rotated is a provider.Secret that has been replaced without a word: the first
// value is in force here until the provider refuses it.
type Rotated struct {
	First, Second string
	turned        atomic.Bool
}

// Current returns the first value until it was refused.
func (r *Rotated) Current(context.Context) (string, error) {
	if r.turned.Load() {
		return r.Second, nil
	}
	return r.First, nil
}

// Renewed returns the second value.
func (r *Rotated) Renewed(context.Context, string) (string, error) {
	r.turned.Store(true)
	return r.Second, nil
}

package secrets

import (
	"context"
	"slices"
)

// Named is one secret of a Cache, in the form that a provider's client signs in
// with: see activities/provider.Secret.
type Named struct {
	cache *Cache
	name  Name
}

// Named returns a secret, which need not be there yet.
func (c *Cache) Named(name Name) Named { return Named{cache: c, name: name} }

// Current returns the value in force.
func (n Named) Current(ctx context.Context) (string, error) {
	value, err := n.cache.Get(ctx, n.name, Current)
	return value.Text, err
}

// Renewed returns the value in force after one was refused. The Store is asked
// only if nothing else is known by now.
func (n Named) Renewed(ctx context.Context, refused string) (string, error) {
	value, err := n.cache.Get(ctx, n.name, Current)
	if err == nil && value.Text == refused {
		value, err = n.cache.Refresh(ctx, n.name, Current)
	}
	return value.Text, err
}

// Valid returns every value that somebody may rightly use at the moment: the one
// in force first, then those that rotate in and out. An error is that of the
// value in force; the others may be absent.
func (n Named) Valid(ctx context.Context) ([]string, error) {
	current, err := n.cache.Get(ctx, n.name, Current)
	if err != nil {
		return nil, err
	}
	valid := []string{current.Text}
	for _, stage := range []Stage{Pending, Previous} {
		value, err := n.cache.Get(ctx, n.name, stage)
		if err == nil && !slices.Contains(valid, value.Text) {
			valid = append(valid, value.Text)
		}
	}
	return valid, nil
}

// Package conformance is what every place that keeps secrets must do.
//
// Called by the tests of the stores.
package conformance

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/secrets"
)

// Harness is one store with nothing in it.
type Harness struct {
	Store secrets.Store
	// Put makes a text the current version.
	Put func(name secrets.Name, text string)
}

// Run runs the suite; make is called for each of its tests.
func Run(t *testing.T, make func(t *testing.T) Harness) {
	t.Run("every secret is read under its name", func(t *testing.T) {
		h := make(t)
		for _, name := range secrets.Names() {
			h.Put(name, "text of "+string(name))
		}
		for _, name := range secrets.Names() {
			value, err := h.Store.Read(t.Context(), name, secrets.Current)
			require.NoError(t, err)
			assert.Equal(t, "text of "+string(name), value.Text)
		}
	})
	t.Run("the version tells a change and nothing else", func(t *testing.T) {
		h := make(t)
		read := func() secrets.Value {
			value, err := h.Store.Read(t.Context(), secrets.StripeAPIKey, secrets.Current)
			require.NoError(t, err)
			return value
		}
		h.Put(secrets.StripeAPIKey, "sk_first")
		first := read()
		assert.Equal(t, first, read())
		h.Put(secrets.StripeAPIKey, "sk_second")
		second := read()
		assert.Equal(t, "sk_second", second.Text)
		assert.NotEqual(t, first.Version, second.Version)
		for _, shown := range []string{second.Version, fmt.Sprint(second), fmt.Sprintf("%+v %#v", second, second), second.LogValue().String()} {
			assert.NotContains(t, shown, "sk_second")
		}
	})
	t.Run("what is not there is ErrNotFound and named", func(t *testing.T) {
		h := make(t)
		h.Put(secrets.StripeAPIKey, "sk_first")
		_, err := h.Store.Read(t.Context(), secrets.SendGridAPIKey, secrets.Current)
		require.ErrorIs(t, err, secrets.ErrNotFound)
		assert.ErrorContains(t, err, string(secrets.SendGridAPIKey))
		_, err = h.Store.Read(t.Context(), secrets.StripeAPIKey, secrets.Pending)
		require.ErrorIs(t, err, secrets.ErrNotFound, "no version is on trial")
		_, err = h.Store.Read(t.Context(), "another", secrets.Current)
		require.ErrorIs(t, err, secrets.ErrNotFound)
	})
	t.Run("a context that has ended reads nothing wrong", func(t *testing.T) {
		h := make(t)
		h.Put(secrets.StripeAPIKey, "sk_first")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		value, err := h.Store.Read(ended, secrets.StripeAPIKey, secrets.Current)
		if err == nil {
			assert.Equal(t, "sk_first", value.Text)
		} else {
			assert.ErrorIs(t, err, context.Canceled)
		}
	})
}

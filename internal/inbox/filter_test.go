package inbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
)

// TestWhoIsAloneKnowsEveryKeyAllTheSame: those added, those remembered, and those
// of the process before.
func TestWhoIsAloneKnowsEveryKeyAllTheSame(t *testing.T) {
	p := file(t)
	config := p.config(t)
	config.Alone = true
	added, remembered, never := p.event("added", "pay/1"), p.event("remembered", "pay/1"), p.event("never", "pay/1")
	keys := []inbox.Key{added.Key, remembered.Key, never.Key}

	store, err := inbox.Open(t.Context(), config)
	require.NoError(t, err)
	_, err = store.Add(t.Context(), []inbox.Event{added})
	require.NoError(t, err)
	require.NoError(t, store.Remember(t.Context(), []inbox.Seen{{Key: remembered.Key, Until: p.clock.now().Add(time.Hour)}}))
	for range 2 {
		for i, want := range []bool{true, true, false} {
			known, err := store.Known(t.Context(), keys[i:i+1])
			require.NoError(t, err)
			require.Equal(t, want, known[keys[i]], "key %d", i)
		}
		require.NoError(t, store.Close())
		store, err = inbox.Open(t.Context(), config)
		require.NoError(t, err)
	}
	require.NoError(t, store.Close())
}

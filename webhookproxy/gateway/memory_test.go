package gateway

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/parcel"
)

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory(3)
	key := func(i int) inbox.Key { return parcel.KeyOf(fmt.Sprint(i)) }
	for i := range 10 {
		m.add(key(i))
		m.add(key(i)) // a second time takes no place
		for j := range i + 1 {
			require.Equal(t, j > i-3, m.has(key(j)), "%d after %d", j, i)
		}
	}
	require.Len(t, m.known, 3)
}

func TestOutcome(t *testing.T) {
	require.Equal(t, decisionIgnored, outcome(nil))
	order := []string{decisionUnavailable, decisionUnrouted, decisionStored, decisionAccepted, decisionDuplicate, decisionMoot, decisionForeign, decisionIgnored}
	for i, stronger := range order {
		for _, weaker := range order[i:] {
			require.Equal(t, stronger, outcome([]string{weaker, stronger, weaker}))
		}
	}
}

package gateway

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestKeyPartsDoNotRunTogether(t *testing.T) {
	lists := [][]string{{"a", "bc"}, {"ab", "c"}, {"abc"}, {"abc", ""}, {"", "abc"}, {"a", "b", "c"}, {"a|bc"}, {}, {""}}
	seen := map[eventKey][]string{}
	for _, parts := range lists {
		key := newEventKey(parts...)
		require.NotContains(t, seen, key, "%q", parts)
		require.Equal(t, key, newEventKey(parts...))
		require.Equal(t, uuid.Version(5), uuid.MustParse(key.requestID()).Version())
		seen[key] = parts
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory(3)
	key := func(i int) eventKey { return newEventKey(fmt.Sprint(i)) }
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
	order := []string{decisionUnavailable, decisionNoWorkflow, decisionTooLarge, decisionAccepted, decisionDuplicate, decisionForeign, decisionIgnored}
	for i, stronger := range order {
		for _, weaker := range order[i:] {
			require.Equal(t, stronger, outcome([]string{weaker, stronger, weaker}))
		}
	}
}

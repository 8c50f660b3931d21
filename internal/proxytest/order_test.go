package proxytest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inOrder fails if an event reached its workflow before another one that was
// durable when it was sent for the first time, and that happened earlier. Events
// wait in the inbox for all that went before them, and leave it by their own time.
func inOrder(t *testing.T, events []event, passed map[string]*passage, runs map[string][]arrivals) {
	t.Helper()
	byTarget := map[string][]event{}
	for _, one := range events {
		byTarget[one.target] = append(byTarget[one.target], one)
	}
	behind, overtook := 0, 0
	for target, all := range byTarget {
		place := places(runs[target])
		for _, earlier := range all {
			for _, later := range all {
				if !passed[earlier.id].taken.Before(passed[later.id].sent) {
					continue
				}
				first := place[earlier.id] < place[later.id]
				switch stored := passed[earlier.id].stored; {
				case happened(earlier, later):
					assert.True(t, first, "%s: %s was taken before %s was sent, happened before it, and came after it", target, earlier.id, later.id)
					if stored && passed[later.id].stored {
						behind++
					}
				case stored && passed[later.id].stored && !first:
					overtook++
				}
			}
		}
	}
	t.Logf("out of the inbox %d pairs kept their order, and %d were put into that of their time", behind, overtook)
	require.Positive(t, behind)
	require.Positive(t, overtook)
}

// happened says that one event is before another for whoever goes by their own
// time. What is received now is later than what is told of the past.
func happened(earlier, later event) bool {
	if !later.dated() {
		return true
	}
	return earlier.dated() && earlier.at.Unix() < later.at.Unix()
}

// places tells when each fact came to a workflow for the first time.
func places(runs []arrivals) map[string]int {
	found, next := map[string]int{}, 0
	for _, run := range runs {
		for _, fact := range run {
			next++
			if _, known := found[fact]; !known {
				found[fact] = next
			}
		}
	}
	return found
}

// Package conformance is what every adapter of activities/paging must pass.
//
// Called by the adapters' tests, with the adapter in front of a stand-in for
// its provider: it holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
	"guestjourney/activities/wording"
)

// Harness is one adapter before one provider that has seen nothing yet.
type Harness struct {
	Pager   paging.Pager
	Channel paging.Channel
	// To is an address of the channel.
	To string
	// Received returns what has reached an address, the oldest first.
	Received func(to string) []string
	// LoseAnswer makes the provider act on the next page and lose the answer.
	LoseAnswer func()
	// Down makes the provider refuse or break every call, or ends that.
	Down func(down bool)
	// Refuse makes the provider refuse the address for good; nil if the channel
	// has no such answer.
	Refuse func(to string)
}

const key = "session/conformance/hr-low/1"

func (h Harness) notice(pageKey string) paging.Notice {
	return paging.Notice{
		Session: "session/conformance", Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: pageKey, To: h.To, Channel: h.Channel,
	}
}

func (h Harness) page(first bool) (paging.Receipt, error) {
	effect := options.Effect{Key: "session/conformance/0123456789ab/page/1", FirstTry: first, Since: time.Now()}
	return h.Pager.Page(context.Background(), effect, h.notice(key))
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Run("a page is made once and says when", func(t *testing.T) {
		h := newHarness(t)
		before := time.Now()
		receipt, err := h.page(true)
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ID)
		require.False(t, receipt.Undeliverable)
		require.WithinRange(t, receipt.HandedAt, before, time.Now())
		require.Len(t, h.Received(h.To), 1)
	})
	t.Run("a page says room, priority, code and which alarm is the primary one", func(t *testing.T) {
		h := newHarness(t)
		_, err := h.page(true)
		require.NoError(t, err)
		said := strings.ToUpper(h.Received(h.To)[0])
		for _, word := range []string{"ROOM 3", "HIGH", "HR", "LOW", "THE BEDSIDE MONITOR IS THE PRIMARY ALARM."} {
			require.Contains(t, said, word)
		}
		require.NotContains(t, said, "CONFORMANCE", "no session")
		if h.Channel != paging.Voice {
			require.Contains(t, said, strings.ToUpper(wording.Reference(key)))
		}
	})
	t.Run("a second try pages again without looking", func(t *testing.T) {
		h := newHarness(t)
		for _, first := range []bool{true, false} {
			receipt, err := h.page(first)
			require.NoError(t, err)
			require.NotEmpty(t, receipt.ID)
		}
		received := h.Received(h.To)
		require.Len(t, received, 2, "two pages are allowed")
		require.Equal(t, received[0], received[1], "and are seen to be one")
	})
	t.Run("a lost answer is two pages at most and one at least", func(t *testing.T) {
		h := newHarness(t)
		h.LoseAnswer()
		_, err := h.page(true)
		failed := requireClass(t, err, failure.Ambiguous)
		require.NotEmpty(t, failed.Provider)
		_, err = h.page(false)
		require.NoError(t, err)
		require.Len(t, h.Received(h.To), 2)
	})
	t.Run("a provider that is down never stops a page from being tried", func(t *testing.T) {
		h := newHarness(t)
		h.Down(true)
		for range 12 {
			_, err := h.page(false)
			failed := requireClass(t, err, failure.Ambiguous, failure.NotProcessed)
			require.Zero(t, failed.OpenFor, "an open circuit refuses no page")
		}
		h.Down(false)
		_, err := h.page(false)
		require.NoError(t, err, "the first that can arrive does")
		require.Len(t, h.Received(h.To), 1)
	})
	t.Run("a person who is not reached this way is an answer", func(t *testing.T) {
		h := newHarness(t)
		if h.Refuse == nil {
			t.Log("the channel has no such answer")
			return
		}
		h.Refuse(h.To)
		receipt, err := h.page(true)
		require.NoError(t, err)
		require.True(t, receipt.Undeliverable)
		require.NotEmpty(t, receipt.Reason)
		require.Zero(t, receipt.HandedAt)
		require.Empty(t, h.Received(h.To))
	})
}

func requireClass(t *testing.T, err error, classes ...failure.Class) *failure.Error {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Contains(t, classes, known.Class, "%v", err)
	return known
}

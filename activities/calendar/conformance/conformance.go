// Package conformance is what every adapter of activities/calendar must pass.
//
// Called by the adapters' tests, with the adapter in front of a stand-in for
// its provider: it holds the port's promises, in the port's words.
package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/calendar"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Harness is one adapter before one calendar that is empty.
type Harness struct {
	Diary calendar.Diary
	// CalendarID names a calendar that the stand-in has.
	CalendarID string
	// Entries counts the entries that stand in the calendar.
	Entries func() int
	// LoseAnswer makes the provider act on the next write and lose the answer.
	LoseAnswer func()
}

const (
	holdKey   = "appt/conformance/0123456789ab/hold/1"
	changeKey = "appt/conformance/0123456789ab/confirm/1"
	freeKey   = "appt/conformance/0123456789ab/release/1"
)

var start = time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC)

func (h Harness) entry() calendar.Entry {
	return calendar.Entry{
		HoldKey: holdKey, CalendarID: h.CalendarID, Title: "retreat-7d A1",
		Start: start, End: start.Add(2 * time.Hour), Zone: "America/Mexico_City", WorkflowID: "appt/conformance",
	}
}

func (h Harness) place() calendar.Place {
	return calendar.Place{HoldKey: holdKey, CalendarID: h.CalendarID}
}

func try(key string, first bool) options.Effect {
	return options.Effect{Key: key, FirstTry: first, Since: start.Add(-24 * time.Hour)}
}

func (h Harness) hold(t *testing.T) calendar.Ref {
	t.Helper()
	ref, err := h.Diary.Hold(context.Background(), try(holdKey, true), h.entry())
	require.NoError(t, err)
	require.NotEmpty(t, ref.ID)
	return ref
}

func (h Harness) release(t *testing.T, first bool) {
	t.Helper()
	_, err := h.Diary.Release(context.Background(), try(freeKey, first), h.place())
	require.NoError(t, err)
}

// Run runs the suite. newHarness is called once for each of its parts.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Run("a place is held once", func(t *testing.T) {
		h := newHarness(t)
		first := h.hold(t)
		second, err := h.Diary.Hold(context.Background(), try(holdKey, false), h.entry())
		require.NoError(t, err)
		require.Equal(t, first, second)
		require.Equal(t, 1, h.Entries())
	})
	t.Run("a lost answer to a hold is one entry", func(t *testing.T) {
		h := newHarness(t)
		h.LoseAnswer()
		_, err := h.Diary.Hold(context.Background(), try(holdKey, true), h.entry())
		requireClass(t, failure.Ambiguous, err)
		_, err = h.Diary.Hold(context.Background(), try(holdKey, false), h.entry())
		require.NoError(t, err)
		require.Equal(t, 1, h.Entries())
	})
	t.Run("a lost hold can be released", func(t *testing.T) {
		h := newHarness(t)
		h.LoseAnswer()
		_, err := h.Diary.Hold(context.Background(), try(holdKey, true), h.entry())
		requireClass(t, failure.Ambiguous, err)
		h.release(t, true)
		require.Zero(t, h.Entries())
	})
	t.Run("the same hold with another time is a conflict", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		other := h.entry()
		other.Start, other.End = other.Start.Add(time.Hour), other.End.Add(time.Hour)
		_, err := h.Diary.Hold(context.Background(), try(holdKey, false), other)
		requireClass(t, failure.EffectConflict, err)
		require.Equal(t, 1, h.Entries())
	})
	t.Run("a released hold does not come back", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		h.release(t, true)
		_, err := h.Diary.Hold(context.Background(), try(holdKey, false), h.entry())
		requireClass(t, failure.EffectConflict, err)
		require.Zero(t, h.Entries())
	})
	t.Run("a changed and released hold does not come back", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		_, err := h.Diary.Change(context.Background(), try(changeKey, true), h.entry())
		require.NoError(t, err)
		h.release(t, true)
		_, err = h.Diary.Hold(context.Background(), try(holdKey, false), h.entry())
		requireClass(t, failure.EffectConflict, err)
		require.Zero(t, h.Entries())
	})
	t.Run("a change repeated is one entry", func(t *testing.T) {
		h := newHarness(t)
		held := h.hold(t)
		moved := h.entry()
		moved.Start, moved.End, moved.Confirmed = moved.Start.Add(time.Hour), moved.End.Add(time.Hour), true
		for _, first := range []bool{true, false} {
			changed, err := h.Diary.Change(context.Background(), try(changeKey, first), moved)
			require.NoError(t, err)
			require.Equal(t, held, changed)
		}
		require.Equal(t, 1, h.Entries())
	})
	t.Run("a lost answer to a change", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		confirmed := h.entry()
		confirmed.Confirmed = true
		h.LoseAnswer()
		_, err := h.Diary.Change(context.Background(), try(changeKey, true), confirmed)
		requireClass(t, failure.Ambiguous, err)
		_, err = h.Diary.Change(context.Background(), try(changeKey, false), confirmed)
		require.NoError(t, err)
		require.Equal(t, 1, h.Entries())
	})
	t.Run("a released place cannot be changed", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		h.release(t, true)
		_, err := h.Diary.Change(context.Background(), try(changeKey, true), h.entry())
		requireClass(t, failure.Permanent, err)
		require.Zero(t, h.Entries())
	})
	t.Run("a release repeated is a release", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		h.release(t, true)
		h.release(t, false)
		require.Zero(t, h.Entries())
	})
	t.Run("a lost answer to a release", func(t *testing.T) {
		h := newHarness(t)
		h.hold(t)
		h.LoseAnswer()
		_, err := h.Diary.Release(context.Background(), try(freeKey, true), h.place())
		requireClass(t, failure.Ambiguous, err)
		h.release(t, false)
		require.Zero(t, h.Entries())
	})
	t.Run("what was never held is released", func(t *testing.T) {
		h := newHarness(t)
		h.release(t, true)
		require.Zero(t, h.Entries())
	})
}

func requireClass(t *testing.T, class failure.Class, err error) {
	t.Helper()
	var known *failure.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, class, known.Class, "%v", err)
}

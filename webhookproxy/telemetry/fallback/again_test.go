package fallback_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/fallback"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// pagedOnce lets the first page of transition 1 go out, and returns its row.
func (w *world) pagedOnce() store.Entry {
	w.t.Helper()
	w.pass(fallback.Overdue)
	eventually(w.t, "a text and a call", func() bool { return len(w.pages()) == 2 && w.row(1).Fallback })
	return w.row(1)
}

// staysAt sees that no more pages are made than so many.
func (w *world) staysAt(pages int) {
	w.t.Helper()
	require.Len(w.t, w.pages(), pages)
	require.Never(w.t, func() bool { return len(w.pages()) > pages }, quiet, 50*time.Millisecond)
}

func TestACriticalAlarmThatLastsIsPagedAgain(t *testing.T) {
	w := open(t)
	stop := w.run()
	w.found(1, critical)
	first := w.pagedOnce()
	// Temporal has it, and no worker takes it.
	require.NoError(t, w.store.Delivered(t.Context(), sessionID, 1))
	w.until(first.HandedAt.Add(fallback.Again - time.Millisecond))
	w.staysAt(2)
	w.pass(time.Millisecond)
	eventually(t, "again", func() bool { return len(w.pages()) == 4 && !w.row(1).PagedAgainAt.IsZero() })
	w.found(2, alarm(detector.Eased, detector.Warning)) // nobody has seen it yet

	w.pass(fallback.Again - time.Millisecond)
	stop()
	w.run() // a restart is no reason to page
	w.staysAt(4)
	w.pass(time.Millisecond)
	eventually(t, "and again", func() bool { return len(w.pages()) == 6 })
	var texts []string
	for _, page := range w.pages() {
		if page.Channel == "sms" {
			texts = append(texts, page.Body)
		}
	}
	require.Equal(t, []string{
		outbox.Page(first, "3").Text(), outbox.PageAgain(first, "3", 1).Text(), outbox.PageAgain(first, "3", 2).Text(),
	}, texts)
	require.Equal(t, first.HandedAt, w.row(1).HandedAt, "the first page stays on record")
	require.True(t, w.row(1).Fallback)
}

func TestTheWorkflowThatPagesEndsIt(t *testing.T) {
	w := open(t)
	w.run()
	w.found(1, critical)
	first := w.pagedOnce()
	w.pass(fallback.Again)
	eventually(t, "again", func() bool { return len(w.pages()) == 4 && !w.row(1).PagedAgainAt.IsZero() })
	w.workflowPages(1)
	w.pass(fallback.Silence - time.Millisecond)
	w.staysAt(4)
	require.Equal(t, first.HandedAt, w.row(1).HandedAt)
}

// workflowPages is a page of the workflow's own.
func (w *world) workflowPages(number uint64) {
	w.t.Helper()
	_, err := w.store.HandedOver(w.t.Context(), sessionID, number, w.now(), false)
	require.NoError(w.t, err)
}

// TestAWorkflowThatFallsSilentIsReplaced: it has paged, and then Temporal or the
// workers are gone while the alarm lasts.
func TestAWorkflowThatFallsSilentIsReplaced(t *testing.T) {
	w := open(t)
	w.run()
	w.found(1, critical)
	w.workflowPages(1)
	w.pass(fallback.Silence - time.Minute)
	w.workflowPages(1) // it calls again
	w.pass(fallback.Silence - time.Millisecond)
	w.staysAt(0)
	w.pass(time.Millisecond)
	eventually(t, "replaced", func() bool { return len(w.pages()) == 2 && !w.row(1).PagedAgainAt.IsZero() })
	w.pass(fallback.Again - time.Millisecond)
	w.staysAt(2)
	w.pass(time.Millisecond)
	replaced := w.row(1).PagedAgainAt
	eventually(t, "and again", func() bool { return len(w.pages()) == 4 && w.row(1).PagedAgainAt.After(replaced) })
	require.False(t, w.row(1).Fallback, "the workflow's first page stays on record")

	w.workflowPages(1) // it is back
	w.pass(fallback.Silence - time.Millisecond)
	w.staysAt(4)
	w.found(2, alarm(detector.Cleared, detector.Critical))
	w.pass(time.Millisecond)
	eventually(t, "settled", func() bool { return !w.row(1).SettledAt.IsZero() })
	require.Len(t, w.pages(), 4)
}

// TestWhatIsOverOrNoneOfThemIsNotPagedAgain: a second page that nobody needs is one
// that teaches not to listen.
func TestWhatIsOverOrNoneOfThemIsNotPagedAgain(t *testing.T) {
	others := make([]detector.Transition, 450, 451) // more than are read at once
	for i := range others {
		others[i] = detector.Transition{Alarm: "battery-low", Change: detector.Eased, Priority: detector.Low}
	}
	over := alarm(detector.Cleared, detector.Critical)
	for name, then := range map[string]func(*world){
		"it is over": func(w *world) { w.found(2, over) },
		"it is over, and much happened before that": func(w *world) { w.found(2, append(others, over)...) },
		"it is low by now":                          func(w *world) { w.found(2, alarm(detector.Eased, detector.Low)) },
		"its session is over, and has no owner": func(w *world) {
			require.NoError(w.t, w.store.End(w.t.Context(), sessionID, w.now()))
			w.owns.Store(false)
			w.pass(10 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.run()
			w.found(1, critical)
			w.pagedOnce()
			then(w)
			w.pass(fallback.Again)
			eventually(t, "settled", func() bool { return !w.row(1).SettledAt.IsZero() })
			require.Len(t, w.pages(), 2)
		})
	}
}

func TestAWarningIsNotPagedAgain(t *testing.T) {
	w := open(t)
	w.run()
	w.found(1, alarm(detector.Raised, detector.Warning))
	w.pagedOnce()
	w.pass(fallback.Again)
	eventually(t, "settled", func() bool { return !w.row(1).SettledAt.IsZero() })
	require.Len(t, w.pages(), 2)
}

// TestOneAlarmIsPagedAgainOnce: for its last transition that people are called for.
func TestOneAlarmIsPagedAgainOnce(t *testing.T) {
	w := open(t)
	w.run()
	w.found(1, critical, alarm(detector.Eased, detector.Warning), alarm(detector.Escalated, detector.Critical))
	w.pass(fallback.Overdue)
	eventually(t, "both are paged", func() bool { return len(w.pages()) == 4 && w.row(1).Fallback && w.row(3).Fallback })
	w.pass(fallback.Again)
	eventually(t, "the last one again", func() bool { return !w.row(1).SettledAt.IsZero() && !w.row(3).PagedAgainAt.IsZero() })
	w.staysAt(6)
	require.Zero(t, w.row(3).SettledAt)
}

// TestWhoseEndNobodyWouldHearOfIsNotPagedAgain: it would be for ever.
func TestWhoseEndNobodyWouldHearOfIsNotPagedAgain(t *testing.T) {
	w := open(t)
	_, err := w.store.Append(t.Context(), store.Received{Batch: reading.Batch{Device: "monitor-9", Sequence: 1}})
	require.NoError(t, err)
	nobodys, err := w.store.Acquire(t.Context(), store.Unassigned)
	require.NoError(t, err)
	one := critical
	one.Number = 1
	row, err := outbox.Row(store.Unassigned, one)
	require.NoError(t, err)
	_, err = w.store.Commit(t.Context(), nobodys.Lease, store.Progress{Transitions: []store.Transition{row}})
	require.NoError(t, err)
	_, err = w.store.Commit(t.Context(), w.lease, store.Progress{Transitions: []store.Transition{{Number: 1, Payload: []byte("{"), PageKey: "S1/1"}}})
	require.NoError(t, err)
	w.run()
	w.pass(fallback.Overdue)
	row1 := func(session string) store.Entry {
		rows, err := w.store.Transitions(t.Context(), session, 0, 1)
		require.NoError(t, err)
		return rows[0]
	}
	eventually(t, "paged", func() bool { return len(w.pages()) == 4 && row1(store.Unassigned).Fallback && row1(sessionID).Fallback })
	w.pass(fallback.Again)
	eventually(t, "settled", func() bool { return !row1(store.Unassigned).SettledAt.IsZero() && !row1(sessionID).SettledAt.IsZero() })
	require.Len(t, w.pages(), 4)
}

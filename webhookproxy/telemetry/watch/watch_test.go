package watch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/readingtest"
	"guestjourney/webhookproxy/telemetry/store"
)

func TestMain(m *testing.M) {
	warm()
	goleak.VerifyTestMain(m)
}

func TestAStandstillIsKnownAsSoonAsItIsStored(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{Room: "3"})
		w.beat(8)
		require.Empty(t, w.told(sessionID))
		require.True(t, w.follows.isWatched())
		w.heart.PerMinute = 0
		stopped := time.Now()
		for len(w.told(sessionID)) < 2 {
			w.beat(1)
		}
		require.Equal(t, []string{"pause raised warning", "asystole raised critical"}, w.told(sessionID))
		require.LessOrEqual(t, time.Since(stopped), 5500*time.Millisecond)
		row := w.rows(sessionID)[1]
		require.Equal(t, "S1/2", row.PageKey)
		require.Equal(t, row.CreatedAt, time.Now().UTC(), "the store's news, not the next look at it")
		require.Equal(t, 2, w.follows.news)
	})
}

func TestASilenceIsKnownInTenSeconds(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		silent := time.Now()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"stream-stale raised warning"}, w.told(sessionID))
		require.Less(t, w.rows(sessionID)[0].CreatedAt.Sub(silent), 10*time.Second)
	})
}

// TestWhoComesBackGoesOnFromTheCheckpoint: what was told is not told again, what has
// changed meanwhile is, and readings that waited are no silence.
func TestWhoComesBackGoesOnFromTheCheckpoint(t *testing.T) {
	for name, spoil := range map[string]string{
		"with the checkpoint": "", "with one that nobody can read": "UPDATE telemetry_owner SET checkpoint = 'spoilt'",
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.assign(device, store.Settings{})
				w.beat(10)
				w.heart.PerMinute = 36
				w.beat(12)
				require.Equal(t, []string{"heart-rate-low raised critical"}, w.told(sessionID))
				w.stop()
				w.beat(11) // stored by another process: longer than a silence
				if spoil != "" {
					w.spoil(spoil)
				}
				w.run()
				w.beat(4)
				require.Len(t, w.told(sessionID), 1)
				w.heart.PerMinute = 0
				w.beat(7)
				require.Equal(t, []string{"heart-rate-low raised critical", "pause raised warning", "asystole raised critical"}, w.told(sessionID))
			})
		})
	}
}

func TestASecondOwnerTakesOverWhenTheFirstOneIsGone(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		other := &follows{}
		_, stop := begin(t, w.store, other)
		defer func() { stop() }()
		w.beat(5)
		require.False(t, other.isWatched(), "a session has one owner")
		w.stop() // gives the lease back
		w.beat(2)
		require.True(t, other.isWatched())
		w.heart.PerMinute = 0
		w.beat(8)
		require.Equal(t, []string{"pause raised warning", "asystole raised critical"}, w.told(sessionID))
		w.run()
	})
}

func TestTheDeviceOfASessionChanges(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		first := w.heart
		require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: "monitor-8", Session: sessionID, Since: time.Now()}))
		// Nobody tells the owner: the first batch comes before it has looked.
		w.heart = readingtest.New("monitor-8", 70, time.Now())
		w.send()
		w.beat(8)
		require.Empty(t, w.told(sessionID))
		// What the first one held back is on record.
		late := first.Next(time.Now())
		late.Backfill = true
		late.Samples[0].At = time.Now().Add(-12 * time.Second)
		late.Samples[0].Beats = nil
		kept, err := w.store.Append(t.Context(), store.Received{Batch: late},
			store.Received{Batch: first.Next(time.Now().Add(-10 * time.Second)), At: time.Now().Add(-10 * time.Second)})
		require.NoError(t, err)
		require.Equal(t, []store.Outcome{{Session: sessionID}, {Session: sessionID}}, kept)
		w.beat(3)
		require.Empty(t, w.told(sessionID))
	})
}

func TestASessionThatLosesItsDeviceIsSilent(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: device, Session: "session/S2", Since: time.Now()}))
		w.beat(12)
		require.Equal(t, []string{"stream-stale raised warning"}, w.told(sessionID))
		require.Empty(t, w.told("session/S2"))
	})
}

// TestANewOwnerOfASessionWithoutADeviceIsNotContent: nobody told it of the loss.
func TestANewOwnerOfASessionWithoutADeviceIsNotContent(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		w.stop()
		require.NoError(t, w.store.Assign(t.Context(), store.Assignment{Device: device, Session: "session/S2", Since: time.Now()}))
		w.run()
		time.Sleep(12 * time.Second)
		require.Equal(t, []string{"stream-stale raised warning"}, w.told(sessionID))
	})
}

func TestSettingsCountAtOnceAndBadOnesAreTheDefaults(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{Protocol: []byte(`{"heartRate":"canary"}`)})
		w.beat(5)
		require.Empty(t, w.told(sessionID))
		require.True(t, w.follows.isWatched())
		w.assignAgain(store.Settings{Protocol: protocol(t, func(p *detector.Protocol) { p.HeartRate.WarningLow = 75 })})
		w.beat(20)
		require.Equal(t, []string{"heart-rate-low raised warning"}, w.told(sessionID), "70 is below the new limit")
	})
}

func TestReadingsOfADeviceThatNobodyHas(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.heart = readingtest.New("monitor-9", 70, time.Now())
		w.beat(5)
		require.Equal(t, []string{"unassigned-device raised warning"}, w.told(store.Unassigned))
		require.Equal(t, "unassigned/1", w.rows(store.Unassigned)[0].PageKey)
		w.heart.Alarms = []reading.Alarm{{Code: "vf", Priority: reading.High, Start: time.Now()}}
		w.beat(1)
		require.Equal(t, "monitor/vf raised critical", w.told(store.Unassigned)[1])
	})
}

func TestAnEndedSessionIsWatchedNoMore(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		w.heart.Alarms = []reading.Alarm{{Code: "vt", Priority: reading.High, Start: time.Now()}}
		w.beat(1)
		require.NoError(t, w.store.End(t.Context(), sessionID, time.Now()))
		w.watcher.Look()
		time.Sleep(100 * time.Millisecond)
		require.False(t, w.follows.isWatched())
		time.Sleep(20 * time.Second)
		require.Equal(t, []string{"monitor/vt raised critical"}, w.told(sessionID), "no silence")
		require.True(t, w.watcher.Owns(sessionID), "a transition is owed")
		require.NoError(t, w.store.Delivered(t.Context(), sessionID, 1))
		time.Sleep(2 * time.Second)
		require.False(t, w.watcher.Owns(sessionID))
		free, err := w.store.Claimable(t.Context())
		require.NoError(t, err)
		require.Empty(t, free)
	})
}

func TestGapsAreRecorded(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		w.heart.Gap(2)
		w.beat(5)
		gaps, err := w.store.Gaps(t.Context(), sessionID)
		require.NoError(t, err)
		require.Len(t, gaps, 1)
		require.Equal(t, reading.Gap{From: 9, To: 10}, gaps[0].Gap)
		require.Equal(t, device, gaps[0].Device)
		require.Equal(t, "sequence-gap raised low", w.told(sessionID)[0])
		require.Empty(t, w.rows(sessionID)[0].PageKey, "nobody is called for it")
	})
}

// TestANumberThatIsTakenIsNotTakenTwice: the owner does not know what another one
// told, and rebuilds.
func TestANumberThatIsTakenIsNotTakenTwice(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.assign(device, store.Settings{})
		w.beat(8)
		w.spoil(`INSERT INTO telemetry_outbox (session, number, page_key, created_at, payload) VALUES ('session/S1', 1, '', 0, 'somebody''s')`)
		w.heart.PerMinute = 0
		w.beat(10)
		rows, err := w.store.Transitions(t.Context(), sessionID, 1, 10)
		require.NoError(t, err)
		require.Len(t, rows, 2, "pause and asystole")
		require.Equal(t, uint64(2), rows[0].Number)
	})
}

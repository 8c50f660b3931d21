package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// filled has one of everything that is sealed, for s1 and again for s2.
func filled(t *testing.T, p *place) *store.Store {
	t.Helper()
	s := p.open(t)
	for _, session := range []string{"s1", "s2"} {
		lease := p.own(t, s, session)
		batch := p.batch("device-of-"+session, 1)
		batch.ECG = []reading.Strip{{Lead: "II", At: p.clock.now(), RateHz: 250, Microvolts: 5, Units: []int16{1, 2, 3}}}
		add(t, s, batch)
		_, err := s.Commit(t.Context(), lease, store.Progress{Position: 1, Checkpoint: []byte("checkpoint"), Transitions: []store.Transition{transition(1)}})
		require.NoError(t, err)
	}
	return s
}

// unreadable checks that nothing sealed of a session can be read, and that it says so.
func unreadable(t *testing.T, p *place, s *store.Store, session string, reason error) {
	t.Helper()
	batches, err := s.Tail(t.Context(), session, 0, 10)
	require.NoError(t, err)
	require.Len(t, batches, 1, "it is there, and whoever tails goes past it")
	require.ErrorIs(t, batches[0].Unreadable, reason)
	require.Equal(t, reading.Batch{Device: "device-of-" + session, Sequence: 1}, batches[0].Batch)
	transitions, err := s.Undelivered(t.Context(), session, 10)
	require.NoError(t, err)
	require.ErrorIs(t, transitions[0].Unreadable, reason)
	require.Empty(t, transitions[0].Payload)
	require.Equal(t, "page/1", transitions[0].PageKey, "somebody can be paged")
	strips, err := s.ECG(t.Context(), session, start, p.clock.now().Add(1))
	require.ErrorIs(t, err, reason)
	require.Empty(t, strips)
	watched, err := s.DeviceOf(t.Context(), session)
	require.NoError(t, err, "it is watched, by the defaults")
	require.ErrorIs(t, watched.Unreadable, reason)
	require.Zero(t, watched.Settings)
	p.clock.pass(store.DefaultLease)
	got, err := s.Acquire(t.Context(), session)
	require.NoError(t, err, "somebody can watch")
	require.ErrorIs(t, got.Unreadable, reason)
	require.Nil(t, got.Checkpoint)
	require.Equal(t, int64(1), got.Position)
}

func bound(t *testing.T, p *place) {
	s := filled(t, p)
	for _, statement := range []string{
		"UPDATE telemetry_batch SET payload = (SELECT o.payload FROM telemetry_batch o WHERE o.session = 's2') WHERE session = 's1'",
		"UPDATE telemetry_outbox SET payload = (SELECT o.payload FROM telemetry_outbox o WHERE o.session = 's2') WHERE session = 's1'",
		"UPDATE telemetry_ecg SET strips = (SELECT o.strips FROM telemetry_ecg o WHERE o.session = 's2') WHERE session = 's1'",
		"UPDATE telemetry_owner SET checkpoint = (SELECT o.checkpoint FROM telemetry_owner o WHERE o.session = 's2') WHERE session = 's1'",
		"UPDATE telemetry_session SET settings = (SELECT o.settings FROM telemetry_session o WHERE o.session = 's2') WHERE session = 's1'",
	} {
		result, err := p.raw(t).Exec(statement)
		require.NoError(t, err)
		rows, err := result.RowsAffected()
		require.NoError(t, err)
		require.Equal(t, int64(1), rows)
	}
	unreadable(t, p, s, "s1", codec.ErrAuthentication)
}

func missingKey(t *testing.T, p *place) {
	require.NoError(t, filled(t, p).Close())
	first := p.keys
	p.keys = keyText("k2", 2)
	s := p.open(t)
	add(t, s, p.batch("device-of-s2", 2))
	unreadable(t, p, s, "s1", codec.ErrUnknownKey)
	found, err := s.Tail(t.Context(), "s2", 0, 10)
	require.NoError(t, err)
	require.Error(t, found[0].Unreadable)
	require.NoError(t, found[1].Unreadable)
	joined, err := s.JoinECG(t.Context(), start.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Equal(t, 2, joined, "looked at, once")
	require.NoError(t, s.Close())

	p.keys = keyText("k2", 2) + "," + first
	s = p.open(t)
	require.Equal(t, []uint64{1}, tail(t, s, "s1"), "it comes back with its key")
	strips, err := s.ECG(t.Context(), "s1", start, start.Add(1))
	require.NoError(t, err)
	require.Len(t, strips, 1)
}

func TestNoValueIsReadableInTheFiles(t *testing.T) {
	p := file(t)
	s := p.open(t)
	lease := p.own(t, s, "marker-of-the-search")
	batch := p.batch("device-of-marker-of-the-search", 1)
	batch.Alarms = []reading.Alarm{{Code: "canary-code", Priority: reading.High, Start: start}}
	for range 3 {
		batch.ECG = append(batch.ECG, reading.Strip{Lead: "MCL6", At: start, RateHz: 250, Microvolts: 5, Units: make([]int16, 500)})
	}
	add(t, s, batch)
	_, err := s.JoinECG(t.Context(), start.AddDate(0, 0, 1))
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), lease, store.Progress{
		Checkpoint: []byte("canary-checkpoint"), Transitions: []store.Transition{{Number: 1, Payload: []byte("canary-transition")}},
	})
	require.NoError(t, err)
	for range 2 { // with a -wal, then without
		found := readAll(t, filepath.Dir(p.path))
		require.Contains(t, found, "marker-of-the-search", "the search finds what is in clear")
		require.NotContains(t, found, "canary")
		require.NotContains(t, found, "heartRate")
		require.NotContains(t, found, "MCL6")
		require.NoError(t, s.Close())
	}
}

func readAll(t *testing.T, folder string) string {
	t.Helper()
	var all []byte
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		all = append(all, data...)
	}
	return string(all)
}

func closed(t *testing.T, p *place) {
	s := p.open(t)
	lease := p.own(t, s, "s1")
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Check(t.Context()), store.ErrUnavailable)
	_, err := s.Append(t.Context(), store.Received{Batch: p.batch("m1", 1)})
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = s.Tail(t.Context(), "s1", 0, 1)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = s.Commit(t.Context(), lease, store.Progress{})
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.NotErrorIs(t, err, store.ErrLeaseLost)
}

func TestAPlaceThatIsNotTold(t *testing.T) {
	_, err := store.Open(t.Context(), store.Config{})
	require.ErrorContains(t, err, "PAYLOAD_KEYS")
	config, err := (&place{keys: keyText("k1", 1), clock: &clock{}}).config()
	require.NoError(t, err)
	_, err = store.Open(t.Context(), config)
	require.ErrorContains(t, err, "TELEMETRY_PATH")
}

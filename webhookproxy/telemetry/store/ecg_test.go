package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/ecg"
	"guestjourney/webhookproxy/telemetry/ecg/ecgtest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// second is a batch with a second of two leads.
func (p *place) second(device string, sequence uint64) reading.Batch {
	batch := p.batch(device, sequence)
	for _, lead := range []string{"II", "V5"} {
		batch.ECG = append(batch.ECG, ecgtest.Strip(lead, p.clock.now(), 250, 250))
	}
	return batch
}

func (p *place) rows(t testing.TB) (count int) {
	t.Helper()
	require.NoError(t, p.raw(t).QueryRow("SELECT COUNT(*) FROM telemetry_ecg").Scan(&count))
	return count
}

func ecgComesBack(t *testing.T, p *place) {
	s := p.open(t)
	p.assign(t, s, "m1", "s1")
	var all []reading.Strip
	for n := range uint64(70) {
		batch := p.second("m1", n+1)
		all = append(all, batch.ECG...)
		add(t, s, batch, batch) // once, though it comes twice
		p.clock.pass(time.Second)
	}
	require.Equal(t, 70, p.rows(t))
	read := func(from, to time.Duration) []reading.Strip {
		found, err := s.ECG(t.Context(), "s1", start.Add(from), start.Add(to))
		require.NoError(t, err)
		return found
	}
	require.Equal(t, ecg.Join(all), read(0, 70*time.Second))

	joined, err := s.JoinECG(t.Context(), start.Add(119*time.Second))
	require.NoError(t, err)
	require.Equal(t, 1, joined, "the second minute has not ended")
	require.Equal(t, 1+10, p.rows(t))
	require.Equal(t, ecg.Join(all), read(0, 70*time.Second))
	require.Len(t, read(65*time.Second, 67*time.Second)[0].Units, 2*250)
	require.Len(t, read(30*time.Second, 31*time.Second)[0].Units, 60*250, "the strip is whole")
	require.Empty(t, read(70*time.Second, 75*time.Second))

	p.clock.pass(-70 * time.Second)
	late := p.second("m1", 71)
	late.ECG[0].At = late.ECG[0].At.Add(-30 * time.Millisecond)                // of the minute before
	late.ECG[1].Lead, late.ECG[1].At = "I", late.ECG[1].At.Add(20*time.Second) // of the one that is joined
	add(t, s, late)
	joined, err = s.JoinECG(t.Context(), start.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 3, joined)
	require.Equal(t, 3, p.rows(t))
	require.Equal(t, ecg.Join(append(all, late.ECG...)), read(-time.Minute, time.Hour))
	minutes, err := s.ECGMinutes(t.Context(), "s1")
	require.NoError(t, err)
	require.Equal(t, []time.Time{start.Add(-time.Minute), start, start.Add(time.Minute)}, minutes)
}

func ecgFollowed(t *testing.T, p *place) {
	s := p.open(t)
	p.assign(t, s, "m1", "s1")
	row := int64(0)
	next := func() (strips []reading.Strip) {
		var err error
		strips, row, err = s.TailECG(t.Context(), "s1", row, p.clock.now())
		require.NoError(t, err)
		return strips
	}
	require.Empty(t, next())
	for n := range uint64(65) { // past the end of a minute
		batch := p.second("m1", n+1)
		add(t, s, batch)
		require.Equal(t, batch.ECG, next(), "second %d", n)
		require.Empty(t, next())
		p.clock.pass(time.Second)
	}
	row = 0
	require.Len(t, next(), 2*5, "of this minute only")
	_, err := s.JoinECG(t.Context(), start.Add(time.Hour))
	require.NoError(t, err)
	row = 0
	require.Empty(t, next())
}

// ecgJoinedTwice lets two processes join while batches for the same minute come.
func ecgJoinedTwice(t *testing.T, p *place) {
	stores := []*store.Store{p.open(t), p.open(t)}
	p.assign(t, stores[0], "m1", "s1")
	var all []reading.Strip
	var batches []reading.Batch
	for n := range uint64(16) {
		batches = append(batches, p.second("m1", n+1))
		all = append(all, batches[n].ECG...)
		p.clock.pass(time.Second)
	}
	var group sync.WaitGroup
	for n, s := range stores {
		group.Go(func() {
			for i := n; i < len(batches); i += 2 {
				_, err := s.Append(context.Background(), store.Received{Batch: batches[i]})
				if err == nil {
					_, err = s.JoinECG(context.Background(), start.Add(time.Hour))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	found, err := stores[0].ECG(t.Context(), "s1", start, start.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, ecg.Join(all), found)
	require.LessOrEqual(t, p.rows(t), len(stores), "two that join at the same instant may leave a row each")
}

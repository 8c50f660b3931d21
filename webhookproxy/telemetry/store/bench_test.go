package store_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/postgrestest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// BenchmarkSecond is what the store does in a second with 100 guests: a batch of
// vitals and beats each, its tail, and its owner's commit with a checkpoint of 4 KiB,
// all guests at once. One operation is one second of all guests on disk.
func BenchmarkSecond(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSecond(b, file(b)) })
	b.Run("postgres", func(b *testing.B) {
		benchmarkSecond(b, server(b, postgrestest.Start(b, postgrestest.Settings{User: "telemetry", Options: []string{"fsync=on"}})))
	})
}

const guests = 100

func benchmarkSecond(b *testing.B, p *place) {
	s := p.open(b)
	leases := make([]store.Lease, guests)
	positions := make([]int64, guests)
	for n := range leases {
		leases[n] = p.own(b, s, fmt.Sprint("s", n))
	}
	checkpoint := make([]byte, 4<<10)
	sequence := uint64(0)
	for b.Loop() {
		p.clock.pass(time.Second)
		sequence++
		done := make(chan error, guests)
		for n := range leases {
			go func() { done <- p.secondOf(b, s, &leases[n], &positions[n], sequence, checkpoint) }()
		}
		for range leases {
			require.NoError(b, <-done)
		}
	}
	if info, err := os.Stat(p.path); err == nil {
		b.ReportMetric(float64(info.Size())/float64(sequence*guests), "B/reading")
	}
}

// secondOf is what happens for one guest.
func (p *place) secondOf(b *testing.B, s *store.Store, lease *store.Lease, position *int64, sequence uint64, checkpoint []byte) error {
	batch := p.batch("device-of-"+lease.Session, sequence)
	interval := 845.0
	batch.Samples[0].Beats = []reading.Beat{{At: p.clock.now(), RRMs: &interval, Kind: reading.Normal}}
	if _, err := s.Append(b.Context(), store.Received{Batch: batch}); err != nil {
		return err
	}
	found, err := s.Tail(b.Context(), lease.Session, *position, 100)
	if err != nil {
		return err
	}
	*position = found[len(found)-1].Position
	*lease, err = s.Commit(b.Context(), *lease, store.Progress{Position: *position, Checkpoint: checkpoint})
	return err
}

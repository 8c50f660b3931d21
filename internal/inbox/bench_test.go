package inbox_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/inbox"
)

// BenchmarkAdd adds one event a call, with a payload of 1 KiB, from 1, 32 and
// 256 callers: what a burst of webhooks does. One operation is one event that is
// on disk.
func BenchmarkAdd(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkAdd(b, func() *place { return file(b) }) })
	b.Run("postgres", func(b *testing.B) {
		c := postgresql(b, "fsync=on")
		benchmarkAdd(b, func() *place { return server(b, c) })
	})
}

func benchmarkAdd(b *testing.B, made func() *place) {
	for _, callers := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			p := made()
			store := p.open(b)
			var number atomic.Int64
			b.ReportAllocs()
			each(b, callers, func() error {
				_, err := store.Add(context.Background(), []inbox.Event{p.benchEvent(number.Add(1))})
				return err
			})
		})
	}
}

func (p *place) benchEvent(n int64) inbox.Event {
	name := fmt.Sprint(n)
	event := p.event(name, "pay/"+name)
	event.Payload = make([]byte, 1024)
	copy(event.Payload, name)
	return event
}

// each runs b.N calls spread over a number of callers.
func each(b *testing.B, callers int, call func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	failed := make(chan error, callers)
	b.ResetTimer()
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range callers {
		require.NoError(b, <-failed)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkForward leases and finishes events of a backlog of 20,000, 64 at a
// time, each finished by a call of its own.
func BenchmarkForward(b *testing.B) {
	p := file(b)
	store := p.open(b)
	backlog := max(b.N, 20_000)
	for n := 0; n < backlog; n += 500 {
		events := make([]inbox.Event, 500)
		for i := range events {
			events[i] = p.benchEvent(int64(n + i))
			events[i].WorkflowID = fmt.Sprint("pay/", (n+i)%5000)
		}
		add(b, store, events...)
	}
	b.ResetTimer()
	for done := 0; done < b.N; {
		leases := p.due(b, store, 64)
		require.NotEmpty(b, leases)
		finished := make(chan error, len(leases))
		for _, lease := range leases {
			go func() { finished <- store.Done(context.Background(), lease, p.clock.now().Add(day)) }()
		}
		for range leases {
			require.NoError(b, <-finished)
		}
		done += len(leases)
	}
}

// BenchmarkPending asks for a workflow that has nothing here, as every webhook does.
func BenchmarkPending(b *testing.B) {
	p := file(b)
	store := p.open(b)
	add(b, store, p.event("a", "pay/other"))
	for b.Loop() {
		pending(b, store, "pay/1")
	}
}

package proxybench

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// figures of one measurement.
type figures struct {
	rate          float64 // a second
	p50, p95, p99 time.Duration
}

// load calls do from so many goroutines for so long; each call has its own number.
func load(b *testing.B, concurrency int, long time.Duration, do func(number int64) error) figures {
	b.Helper()
	var work sync.WaitGroup
	took := make([][]time.Duration, concurrency)
	began := time.Now()
	for worker := range concurrency {
		work.Go(func() {
			for time.Since(began) < long {
				at := time.Now()
				err := do(numbers.Add(1))
				if errors.Is(err, errEnough) {
					return
				}
				if err != nil {
					b.Error(err)
					return
				}
				took[worker] = append(took[worker], time.Since(at))
			}
		})
	}
	work.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	if len(all) == 0 {
		b.Fatal("nothing was measured")
	}
	at := func(share float64) time.Duration { return all[min(len(all)-1, int(share*float64(len(all))))] }
	return figures{rate: float64(len(all)) / time.Since(began).Seconds(), p50: at(0.5), p95: at(0.95), p99: at(0.99)}
}

// errEnough ends a load before its time.
var errEnough = errors.New("enough")

// numbers tells every event of a run apart.
var numbers atomic.Int64

// median takes the middle of each figure.
func median(rounds []figures) figures {
	return figures{
		rate: middle(rounds, func(f figures) float64 { return f.rate }),
		p50:  middle(rounds, func(f figures) time.Duration { return f.p50 }),
		p95:  middle(rounds, func(f figures) time.Duration { return f.p95 }),
		p99:  middle(rounds, func(f figures) time.Duration { return f.p99 }),
	}
}

func middle[T float64 | time.Duration](rounds []figures, of func(figures) T) T {
	values := make([]T, len(rounds))
	for i, round := range rounds {
		values[i] = of(round)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

package simulation

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Plan is a number of guests who wear a monitor at the same time.
type Plan struct {
	Guests []Wearer
	// Lasts is how long they send; 0 is as long as the longest scenario.
	Lasts time.Duration
	// URL is the telemetry process's; several are used in turn.
	URL []string
	// Strips adds a second of ECG to every batch.
	Strips bool
}

// Wearer is one of them.
type Wearer struct {
	Device, Key string
	Scenario    Scenario
}

// Report is what became of what they sent.
type Report struct {
	Sent     int         // answers
	Statuses map[int]int // of the answers; 0 is none
	Waiting  int         // batches that were not answered in the end
	Dropped  int         // batches for which a gateway had no room
	took     []time.Duration
}

// Took is the time in which a share of the answers came; 0 without any.
func (r Report) Took(share float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(r.took))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func (r Report) String() string {
	var statuses []string
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		statuses = append(statuses, fmt.Sprintf("%d: %d", status, r.Statuses[status]))
	}
	return fmt.Sprintf("%d requests (%s), %d not answered, %d dropped; p50 %s, p99 %s",
		r.Sent, strings.Join(statuses, ", "), r.Waiting, r.Dropped, r.Took(0.5).Round(time.Microsecond), r.Took(0.99).Round(time.Microsecond))
}

// Run sends until every scenario is over or ctx ends, a batch a second each.
func Run(ctx context.Context, plan Plan) Report {
	lasts := plan.Lasts
	for _, wearer := range plan.Guests {
		if plan.Lasts == 0 {
			lasts = max(lasts, wearer.Scenario.Length())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	transport := &http.Transport{MaxIdleConnsPerHost: len(plan.Guests)}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	var mutex sync.Mutex
	total := Report{Statuses: map[int]int{}}
	var sending sync.WaitGroup
	for i, wearer := range plan.Guests {
		sending.Go(func() {
			gateway := &Gateway{URL: plan.URL[i%len(plan.URL)], Key: wearer.Key, Client: client, Answered: func(status int, took time.Duration) {
				mutex.Lock()
				defer mutex.Unlock()
				total.Sent++
				total.Statuses[status]++
				total.took = append(total.took, took)
			}}
			wear(ctx, wearer, uint64(i), gateway, plan.Strips) //nolint:gosec // an index
			mutex.Lock()
			defer mutex.Unlock()
			total.Waiting += gateway.Waiting()
			total.Dropped += gateway.Dropped
		})
	}
	sending.Wait()
	return total
}

// wear sends the batches of one guest. What cannot be sent waits for the next
// second; the report tells of it.
func wear(ctx context.Context, wearer Wearer, seed uint64, gateway *Gateway, strips bool) {
	begun := time.Now()
	guest := NewGuest(wearer.Device, wearer.Scenario, begun, seed, strips)
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-every.C:
			if batch, sent := guest.Next(at); sent {
				_ = gateway.Send(context.WithoutCancel(ctx), batch, at)
			}
		}
	}
}

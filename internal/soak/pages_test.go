package soak

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
)

// TestAlarmsReachTheProvider measures from the commit of an alarm to the moment at
// which the provider has its first page, for one alarm after another and for many at
// one instant.
func TestAlarmsReachTheProvider(t *testing.T) {
	beside(t)
	h := open(t)
	guests := h.admit(size(5, 50))
	for _, g := range guests {
		g.live()
	}
	var one, many []string
	for range size(3, 100) {
		one = append(one, guests[0].alarm())
		h.paged(one[len(one)-1:])
		guests[0].acknowledge()
	}
	for range size(1, 4) {
		round := atOnce(guests)
		h.paged(round)
		many = append(many, round...)
		for _, g := range guests {
			g.acknowledge()
		}
	}

	pages, _ := h.pages()
	kept := h.kept()
	committed, fallbacks := map[string]time.Time{}, 0
	for _, g := range guests {
		for _, row := range g.found(kept) {
			if row.Change == detector.Raised {
				committed[codeIn(row.Code)] = row.CreatedAt
			}
			if row.Fallback {
				fallbacks++
			}
		}
	}
	since := func(codes []string, from func(string) time.Time) (took figure) {
		for _, code := range codes {
			require.False(t, from(code).IsZero(), "%s is no alarm", code)
			took = append(took, pages[code].Sub(from(code)))
		}
		return took
	}
	raised := func(code string) time.Time {
		for _, g := range guests {
			if at, mine := g.raised[code]; mine {
				return at
			}
		}
		return time.Time{}
	}
	inStore := func(code string) time.Time { return committed[code] }
	since(one, inStore).say(t, "one guest, alarm state to page at the provider", time.Second)
	since(many, inStore).say(t, "guests at one instant, alarm state to page at the provider", 2*time.Second)
	since(one, raised).say(t, "one guest, from the monitor's alarm", 2*time.Second)
	since(many, raised).say(t, "guests at one instant, from the monitors' alarms", 3*time.Second)
	t.Logf("%d guests, %d alarms; %d fallback pages", len(guests), len(committed), fallbacks)
}

// atOnce has every guest's monitor raise an alarm at the same instant.
func atOnce(guests []*guest) []string {
	codes, now := make([]string, len(guests)), make(chan struct{})
	var raising sync.WaitGroup
	for i, g := range guests {
		raising.Go(func() { <-now; codes[i] = g.alarm() })
	}
	close(now)
	raising.Wait()
	return codes
}

// paged waits until the provider has a page about each code.
func (h *house) paged(codes []string) {
	h.t.Helper()
	eventually(h.t, "somebody is paged", func() bool {
		pages, _ := h.pages()
		for _, code := range codes {
			if pages[code].IsZero() {
				return false
			}
		}
		return true
	})
}

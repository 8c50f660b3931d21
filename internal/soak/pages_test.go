package soak

import (
	"maps"
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
		guests[0].over()
	}
	for range size(1, 4) {
		round := atOnce(guests)
		h.paged(round)
		many = append(many, round...)
		for _, g := range guests {
			g.acknowledge()
			g.over()
		}
	}

	pages, _ := h.pages()
	committed, raised := h.alarms(guests)
	since := func(from map[string]time.Time, codes []string) (took figure) {
		for _, code := range codes {
			require.Contains(t, from, code)
			took = append(took, pages[code].Sub(from[code]))
		}
		return took
	}
	since(committed, one).say(t, "one guest, alarm state to page at the provider", time.Second)
	since(committed, many).say(t, "guests at one instant, alarm state to page at the provider", 2*time.Second)
	since(raised, one).say(t, "one guest, from the monitor's alarm", 2*time.Second)
	since(raised, many).say(t, "guests at one instant, from the monitors' alarms", 3*time.Second)
}

// alarms returns when the alarms of monitors were committed, and when the monitors had
// raised them, by their codes.
func (h *house) alarms(guests []*guest) (committed, raised map[string]time.Time) {
	h.t.Helper()
	kept, fallbacks := h.kept(), 0
	committed, raised = map[string]time.Time{}, map[string]time.Time{}
	for _, g := range guests {
		maps.Copy(raised, g.raised)
		for _, row := range g.found(kept) {
			if row.Change == detector.Raised {
				committed[codeIn(row.Code)] = row.CreatedAt
			}
			if row.Fallback {
				fallbacks++
			}
		}
	}
	h.t.Logf("%d guests, %d alarms; %d fallback pages", len(guests), len(raised), fallbacks)
	return committed, raised
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

package soak

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/workflows/session"
)

const (
	// staleWithin is how soon a stream that has stopped is known, and silentWithin how
	// soon the workflow knows that nobody watches.
	staleWithin  = 10 * time.Second
	silentWithin = 12 * time.Second
	silent       = "NOT-WATCHED"
)

// TestStaleIsKnown: a gateway falls silent, and then the telemetry process dies.
func TestStaleIsKnown(t *testing.T) {
	beside(t)
	h := open(t)
	guests := h.admit(size(2, 20))
	var last []time.Time
	for _, g := range guests {
		stop := g.live()
		eventually(t, "the stream runs", func() bool {
			g.mutex.Lock()
			defer g.mutex.Unlock()
			return !g.last.IsZero()
		})
		stop()
		last = append(last, g.last)
	}
	alarm := func(g *guest, code string) (at time.Time) {
		view, err := g.status()
		require.NoError(t, err)
		for _, one := range view.Alarms {
			if one.Code == code {
				at = one.At
			}
		}
		return at
	}
	known := func(code string) {
		eventually(t, code, func() bool {
			for _, g := range guests {
				if alarm(g, code).IsZero() {
					return false
				}
			}
			return true
		})
	}
	known(codeIn(detector.StreamStale))
	h.telemetry.kill()
	died := time.Now()
	known(silent)
	var unwatched figure
	for _, g := range guests {
		unwatched = append(unwatched, alarm(g, silent).Sub(died))
	}
	h.telemetry.start()
	eventually(t, "it is watched again", func() bool {
		for _, g := range guests {
			view, err := g.status()
			require.NoError(t, err)
			for _, one := range view.Alarms {
				if one.Code == silent && one.State == session.StateRaised {
					return false
				}
			}
		}
		return true
	})

	kept := h.kept()
	var stale figure
	for i, g := range guests {
		for _, row := range g.found(kept) {
			if row.Code == detector.StreamStale && row.Change == detector.Raised {
				stale = append(stale, row.CreatedAt.Sub(last[i]))
				break
			}
		}
	}
	require.Len(t, stale, len(guests))
	stale.say(t, "last reading to stale stream known", staleWithin)
	unwatched.say(t, "telemetry process killed to the workflow knowing it", silentWithin)
}

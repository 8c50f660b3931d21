package soak

import (
	"slices"
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
	last := h.fallSilent(guests)
	know := func(code string, state ...string) {
		t.Helper()
		eventually(t, code, func() bool {
			return all(guests, func(g *guest) bool { return slices.Contains(state, g.view(code).State) })
		})
	}
	know(codeIn(detector.StreamStale), session.StateRaised)
	h.telemetry.Kill()
	died := time.Now()
	know(silent, session.StateRaised)
	var stale, unwatched figure
	for _, g := range guests {
		unwatched = append(unwatched, g.view(silent).At.Sub(died))
	}
	h.telemetry.Start()
	know(silent, session.StateCleared)

	kept := h.kept()
	for _, g := range guests {
		rows := g.found(kept)
		i := slices.IndexFunc(rows, func(row found) bool { return row.Code == detector.StreamStale && row.CreatedAt.After(last[g]) })
		require.GreaterOrEqual(t, i, 0)
		stale = append(stale, rows[i].CreatedAt.Sub(last[g]))
	}
	stale.say(t, "last reading to stale stream known", staleWithin)
	unwatched.say(t, "telemetry process killed to the workflow knowing it", silentWithin)
}

// fallSilent has guests send for a while, and returns when the last batch of each was
// stored.
func (h *house) fallSilent(guests []*guest) map[*guest]time.Time {
	h.t.Helper()
	var stops []func()
	for _, g := range guests {
		stops = append(stops, g.live())
	}
	eventually(h.t, "the streams run", func() bool { return all(guests, (*guest).streams) })
	last := map[*guest]time.Time{}
	for i, g := range guests {
		stops[i]()
		last[g] = g.last
	}
	return last
}

func (g *guest) streams() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return !g.last.IsZero() && g.view(codeIn(detector.StreamStale)).State != session.StateRaised
}

// view is what the workflow says of the alarm with a code; zero if it has none.
func (g *guest) view(code string) session.AlarmView {
	overview, err := g.status()
	i := slices.IndexFunc(overview.Alarms, func(one session.AlarmView) bool { return one.Code == code })
	if err != nil || i < 0 {
		return session.AlarmView{}
	}
	return overview.Alarms[i]
}

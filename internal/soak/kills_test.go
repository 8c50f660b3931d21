package soak

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/record/alarmlog"
	"guestjourney/workflows/session"
)

// TestKillsLoseNothing kills one part of the house after another while alarms come and
// go. In the end every alarm of a monitor is a transition, every transition has come to
// its workflow and is in the record once, and every critical one was paged.
func TestKillsLoseNothing(t *testing.T) {
	beside(t)
	h := open(t)
	chance := seeded(t)
	guests := h.admit(size(3, 10))
	var stops []func()
	for _, g := range guests {
		stops = append(stops, g.live())
	}
	calm := alarming(t, guests, chance.Uint64())
	h.die(chance, size(5, 200))
	calm()
	eventually(t, "the monitors have told everything", func() bool { return all(guests, (*guest).quiet) })
	for _, stop := range stops {
		stop()
	}
	eventually(t, "everything is delivered", func() bool {
		owed, known := h.figure("guestjourney_telemetry_undelivered")
		watched, _ := h.figure("guestjourney_telemetry_sessions")
		return known && owed == 0 && watched == len(guests)
	})
	h.pagedAll(guests)

	results := map[*guest]session.Result{}
	for _, g := range guests {
		results[g] = g.end()
	}
	kept, alarms, transitions, fallbacks := h.kept(), 0, 0, 0
	for _, g := range guests {
		rows := g.found(kept)
		g.judge(rows, results[g])
		alarms, transitions = alarms+len(g.raised), transitions+len(rows)
		for _, row := range rows {
			if row.Fallback {
				fallbacks++
			}
		}
	}
	t.Logf("%d alarms of monitors, %d transitions: none lost, none unlogged, none twice; %d fallback pages", alarms, transitions, fallbacks)
	h.fewPages(guests)
}

// pagedAll waits until the provider has a page about every alarm of a monitor.
func (h *house) pagedAll(guests []*guest) {
	h.t.Helper()
	var codes []string
	for _, g := range guests {
		codes = slices.AppendSeq(codes, maps.Keys(g.raised))
	}
	h.paged(codes)
}

// meant is how often the ladder, on which nobody answers, pages a recipient about an
// alarm by one channel, and the fallback once more.
var meant = map[string]int{nurseTo: 2, failsafeTo: 2 + 1}

// fewPages sees that no page was made more than twice: two are allowed, none is not.
func (h *house) fewPages(guests []*guest) {
	h.t.Helper()
	_, pages := h.pages()
	total, again := 0, 0
	for _, g := range guests {
		for code := range g.raised {
			for way, count := range pages[code] {
				_, to, _ := strings.Cut(way, " ")
				total, again = total+count, again+max(0, count-meant[to])
				assert.LessOrEqual(h.t, count, 2*meant[to], "%s: pages by %s", code, way)
			}
		}
	}
	h.t.Logf("%d pages, of which at least %d were made a second time", total, again)
}

// seeded is what happens by chance. SOAK_SEED repeats it.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64() //nolint:gosec // a test's choice
	if set := os.Getenv("SOAK_SEED"); set != "" {
		var err error
		seed, err = strconv.ParseUint(set, 10, 64)
		require.NoError(t, err, "SOAK_SEED")
	}
	t.Logf("SOAK_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test's choice
}

// alarming raises alarms of guests at random until the returned function is called.
func alarming(t *testing.T, guests []*guest, seed uint64) (calm func()) {
	ctx, cancel := context.WithCancel(context.Background())
	chance := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test's choice
	var raising sync.WaitGroup
	raising.Go(func() {
		for ctx.Err() == nil {
			guests[chance.IntN(len(guests))].alarm()
			pass(ctx, time.Duration(chance.Int64N(int64(2*time.Second))))
		}
	})
	calm = sync.OnceFunc(func() { cancel(); raising.Wait() })
	t.Cleanup(calm)
	return calm
}

// victim can die and come back.
type victim struct {
	name         string
	die, restore func()
}

// die kills one after the other, each as often, in an order of chance.
func (h *house) die(chance *rand.Rand, times int) {
	h.t.Helper()
	victims := []victim{
		{h.telemetry.Name, h.telemetry.Kill, h.telemetry.Start},
		{h.worker.Name, h.worker.Kill, h.worker.Start},
		{h.server.Name, h.server.Kill, h.server.Start},
		{h.proxy.Name, h.proxy.Kill, h.proxy.Start},
		{"provider", func() {
			require.NoError(h.t, h.provider.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.FaultDown}))
		}, func() { h.provider.ClearFaults("twilio") }},
	}
	deaths := map[string]int{}
	for n := range times {
		if n%len(victims) == 0 {
			chance.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		}
		next := victims[n%len(victims)]
		pass(h.t.Context(), time.Duration(chance.Int64N(int64(time.Second))))
		next.die()
		away := time.Duration(chance.Int64N(int64(time.Second)))
		if chance.IntN(8) == 0 {
			away += 4 * time.Second // longer than the workflow has to page somebody
		}
		pass(h.t.Context(), away)
		next.restore()
		deaths[next.name]++
	}
	h.t.Logf("%d deaths: %v", times, deaths)
}

// all says whether something is so of every guest.
func all(guests []*guest, is func(*guest) bool) bool {
	for _, g := range guests {
		if !is(g) {
			return false
		}
	}
	return true
}

// end ends the session and returns what its workflow says of it.
func (g *guest) end() (result session.Result) {
	g.house.t.Helper()
	g.acknowledge()
	over := func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return g.run.Get(ctx, &result) == nil
	}
	eventually(g.house.t, g.session+" has ended", func() bool { return g.update(session.UpdateEnd, staff) == nil || over() })
	eventually(g.house.t, g.session+" is closed", over)
	return result
}

// judge compares what the store has of a session with its monitor, its workflow and its
// record.
func (g *guest) judge(rows []found, result session.Result) {
	t := g.house.t
	t.Helper()
	require.Empty(t, result.Missing, g.session)
	require.Equal(t, len(rows), result.Transitions, "%s: every transition has come, once", g.session)
	logged, told := g.logged(result.Record), map[string]int{}
	for i, row := range rows {
		require.EqualValues(t, i+1, row.Entry.Number)
		require.False(t, row.DeliveredAt.IsZero())
		require.Equal(t, 1, logged[i+1], "%s/%d in the alarm log", g.session, i+1)
		if row.Change == detector.Raised && row.Origin == detector.Monitor {
			told[codeIn(row.Code)]++
			require.False(t, row.HandedAt.IsZero(), "%s/%d was paged", g.session, i+1)
		}
	}
	require.Len(t, logged, len(rows))
	require.Len(t, told, len(g.raised))
	for code := range g.raised {
		require.Equal(t, 1, told[code], "%s is raised, once", code)
	}
}

// logged counts the lines of the record's alarm log about each transition.
func (g *guest) logged(record string) map[int]int {
	t := g.house.t
	t.Helper()
	archive, err := zip.OpenReader(filepath.Join(g.house.records(), record))
	require.NoError(t, err)
	defer func() { require.NoError(t, archive.Close()) }()
	file, err := archive.Open("alarms.log")
	require.NoError(t, err)
	text, err := io.ReadAll(file)
	require.NoError(t, err)
	_, err = alarmlog.Verify(bytes.NewReader(text))
	require.NoError(t, err)
	counted := map[int]int{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var line struct {
			Kind   string
			Number int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), g.session)
		if line.Kind == "transition" {
			counted[line.Number]++
		}
	}
	return counted
}

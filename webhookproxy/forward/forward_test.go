package forward_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
	"guestjourney/webhookproxy/forward"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// taker stands for Temporal: it notes what it is told, and keeps whoever tells a
// slow workflow waiting.
type taker struct {
	slow  string
	leave chan struct{}

	mutex sync.Mutex
	told  map[string][]string
	out   map[string]int // tries under way
	most  int            // of one workflow
}

func (s *taker) Signal(_ context.Context, _ string, signal providers.Signal) error {
	s.mutex.Lock()
	s.out[signal.WorkflowID]++
	s.most = max(s.most, s.out[signal.WorkflowID])
	s.mutex.Unlock()
	if signal.WorkflowID == s.slow {
		<-s.leave
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.out[signal.WorkflowID]--
	s.told[signal.WorkflowID] = append(s.told[signal.WorkflowID], signal.Fact.ID)
	return nil
}

func (*taker) Park(context.Context, parcel.Parcel) error { return nil }

func (s *taker) of(workflow string) []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.told[workflow])
}

func shelf(t *testing.T) inbox.Store {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, codec.KeySize)))
	require.NoError(t, err)
	sealing, err := codec.New(ring)
	require.NoError(t, err)
	store, err := inbox.Open(t.Context(), inbox.Config{Path: filepath.Join(t.TempDir(), "inbox.db"), Codec: sealing, Alone: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

var begin = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// keep puts an event into the inbox, which happened so many minutes after the
// beginning.
func keep(t *testing.T, store inbox.Store, workflow, id string, minute int) {
	t.Helper()
	at := begin.Add(time.Duration(minute) * time.Minute)
	event, err := parcel.New(providers.Provider{Name: "stripe", Remember: time.Hour}, providers.Event{
		ID: id, Type: "payment", Signal: &providers.Signal{WorkflowID: workflow, Name: kit.SignalPayment, Fact: kit.Fact{ID: id, OccurredAt: at}},
	}, time.Now()).Event()
	require.NoError(t, err)
	added, err := store.Add(t.Context(), []inbox.Event{event})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, added)
}

// run forwards until the test ends.
func run(t *testing.T, store inbox.Store, to *taker) {
	t.Helper()
	f := forward.New(forward.Config{
		Inbox: store, Signaller: to, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Look: 20 * time.Millisecond,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		f.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

// A workflow that takes long keeps its own events waiting and nobody else's, and
// none of them overtakes another.
func TestASlowWorkflowHoldsUpNoOther(t *testing.T) {
	const others, each = 40, 3 // more than there are places
	store, to := shelf(t), &taker{slow: "pay/slow", leave: make(chan struct{}), told: map[string][]string{}, out: map[string]int{}}
	var want []string
	for n := range each {
		want = append(want, fmt.Sprint("slow-", n))
		keep(t, store, "pay/slow", want[n], n)
		for other := range others {
			keep(t, store, fmt.Sprint("pay/", other), fmt.Sprint(other, "-", n), n)
		}
	}
	run(t, store, to)
	answer := sync.OnceFunc(func() { close(to.leave) })
	t.Cleanup(answer) // whatever fails, the forwarder can end
	require.Eventually(t, func() bool {
		for other := range others {
			if len(to.of(fmt.Sprint("pay/", other))) != each {
				return false
			}
		}
		return true
	}, 30*time.Second, 5*time.Millisecond, "the others wait for a slow one")
	require.Empty(t, to.of("pay/slow"), "it has not been answered")
	answer()
	require.Eventually(t, func() bool { return len(to.of("pay/slow")) == each }, 30*time.Second, 5*time.Millisecond)
	require.Equal(t, want, to.of("pay/slow"))
	require.Equal(t, 1, to.most, "two events of one workflow were out at once")
}

// What waits for one workflow leaves by the time at which it happened, one after
// the other.
func TestEventsOfAWorkflowLeaveInTheOrderOfTheirTime(t *testing.T) {
	store, to := shelf(t), &taker{told: map[string][]string{}, out: map[string]int{}}
	for _, minute := range []int{3, 0, 2, 1, 4} {
		for workflow := range 3 {
			keep(t, store, fmt.Sprint("pay/", workflow), fmt.Sprint(workflow, "-", minute), minute)
		}
	}
	run(t, store, to)
	for workflow := range 3 {
		var want []string
		for minute := range 5 {
			want = append(want, fmt.Sprint(workflow, "-", minute))
		}
		require.Eventually(t, func() bool { return len(to.of(fmt.Sprint("pay/", workflow))) == 5 }, 30*time.Second, 5*time.Millisecond)
		require.Equal(t, want, to.of(fmt.Sprint("pay/", workflow)))
	}
	require.Equal(t, 1, to.most, "two events of one workflow were out at once")
}

// Whoever watches the proxy sees how much waits, how long the oldest has, and
// what can never be delivered.
func TestTheMetricsShowWhatTheInboxHolds(t *testing.T) {
	store, registry := shelf(t), prometheus.NewRegistry()
	forward.New(forward.Config{Inbox: store, Signaller: &taker{}, Logger: slog.New(slog.DiscardHandler), Registry: registry})
	for n, id := range []string{"a", "b", "dead"} {
		keep(t, store, fmt.Sprint("pay/", n), id, n)
	}
	leases, err := store.Due(t.Context(), time.Now(), 3)
	require.NoError(t, err)
	for _, lease := range leases {
		if lease.WorkflowID == "pay/2" {
			require.NoError(t, store.Bury(t.Context(), lease, "too_large"))
			continue
		}
		require.NoError(t, store.Defer(t.Context(), lease, time.Now(), "too_many_unrouted"))
	}
	held := map[string]float64{}
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			held[name] = metric.GetGauge().GetValue()
		}
	}
	require.Positive(t, held["guestjourney_inbox_oldest_seconds stripe"])
	delete(held, "guestjourney_inbox_oldest_seconds stripe")
	require.Equal(t, map[string]float64{
		"guestjourney_inbox_events stripe waiting": 2, "guestjourney_inbox_events stripe dead": 1, "guestjourney_inbox_kept_back stripe": 2,
	}, held)
}

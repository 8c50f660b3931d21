package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	ports "guestjourney/activities/paging"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/postgrestest"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/telemetry/fallback"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

func TestABadTelemetrySettingIsOneLineAndExitCode2(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]string
		want   string
	}{
		"no keys":        {map[string]string{"PAYLOAD_KEYS": ""}, "PAYLOAD_KEYS: "},
		"address":        {map[string]string{"TELEMETRY_ADDRESS": "8090"}, "TELEMETRY_ADDRESS: "},
		"no devices":     {map[string]string{"DEVICE_KEYS": ""}, "DEVICE_KEYS: is not set"},
		"a short key":    {map[string]string{"DEVICE_KEYS": "monitor-7=canary"}, "DEVICE_KEYS: "},
		"no key file":    {map[string]string{"DEVICE_KEYS_FILE": "/none/canary"}, "DEVICE_KEYS_FILE: "},
		"no secret":      {map[string]string{"TELEMETRY_SECRET": ""}, "TELEMETRY_SECRET: is not set"},
		"secret":         {map[string]string{"TELEMETRY_SECRET": "canary"}, "TELEMETRY_SECRET: want whsec_"},
		"no staff":       {map[string]string{"STAFF_FILE": ""}, "STAFF_FILE: is not set"},
		"a gap":          {map[string]string{"STAFF_FILE": gappy(t)}, "nobody is on duty"},
		"no account":     {map[string]string{"TWILIO_ACCOUNT_SID": ""}, "TWILIO_ACCOUNT_SID: "},
		"who calls":      {map[string]string{"TWILIO_FROM": "MG0123456789abcdef0123456789abcdef"}, "TWILIO_*: "},
		"too short":      {map[string]string{"TELEMETRY_KEEP_TRANSITIONS": "365"}, "TELEMETRY_KEEP_TRANSITIONS"},
		"proxies":        {map[string]string{"TRUSTED_PROXIES": "canary"}, "TRUSTED_PROXIES: want ranges"},
		"no such traces": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "canary"}, "OTEL_EXPORTER_OTLP_ENDPOINT: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, telemetryCommand(t, test.change), test.want)
		})
	}
	refused(t, func() *exec.Cmd {
		command := start(t, nil)
		command.Args = append(command.Args, "canary")
		return command
	}(), "the word telemetry")
}

// refused: one line that names what is wrong, and exit code 2.
func refused(t *testing.T, command *exec.Cmd, want string) {
	t.Helper()
	said, err := command.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode(), string(said))
	require.Contains(t, string(said), want)
	require.Equal(t, 1, strings.Count(string(said), "\n"), "one line: %s", said)
	require.NotContains(t, string(said), "canary")
}

// TestTwoProcessesHaveNothingInCommon: neither serves what is the other's, and the one
// that watches starts, works and stops without Temporal.
func TestTwoProcessesHaveNothingInCommon(t *testing.T) {
	t.Parallel()
	telemetry := serveTelemetry(t, nil)
	proxy := serveWith(t, start(t, nil), "webhooks")
	post := func(address string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
		require.NoError(t, err)
		return code(once(), request)
	}
	require.Equal(t, http.StatusUnauthorized, post(telemetry.address+"/telemetry/v1/readings"))
	require.Equal(t, http.StatusNotFound, post(telemetry.address+"/webhooks/stripe"))
	require.Equal(t, http.StatusNotFound, post(proxy.address+"/telemetry/v1/readings"))
	require.Equal(t, http.StatusOK, status(t, telemetry.address+"/healthz"))
	require.Equal(t, http.StatusOK, status(t, telemetry.address+"/readyz"))
	require.Equal(t, http.StatusNotFound, status(t, telemetry.address+"/metrics"))
	require.Equal(t, "0", telemetry.figure("guestjourney_telemetry_sessions"))
	require.Empty(t, proxy.figure("guestjourney_telemetry_sessions"))

	telemetry.assign("S1", "monitor-1")
	require.Eventually(t, func() bool { return telemetry.figure("guestjourney_telemetry_sessions") == "1" }, patience, 20*time.Millisecond)
	began := time.Now()
	require.Zero(t, telemetry.end(syscall.SIGTERM))
	require.Less(t, time.Since(began), 10*time.Second)
}

// TestTheLiveViewHasAListenerOfItsOwn: it tells those apart who come through the proxy
// that terminates TLS, and serves nothing of the devices'.
func TestTheLiveViewHasAListenerOfItsOwn(t *testing.T) {
	t.Parallel()
	staff := serveWith(t, telemetryCommand(t, map[string]string{"TRUSTED_PROXIES": " 127.0.0.1/32 "}), "staff").address
	require.Equal(t, http.StatusNotFound, status(t, staff+"/telemetry/v1/readings"))
	form, err := once().Get(staff + "/signin") //nolint:noctx // ends with its client's patience
	require.NoError(t, err)
	require.NoError(t, form.Body.Close())
	require.Equal(t, http.StatusOK, form.StatusCode)
	require.Len(t, form.Cookies(), 1)
	guess := func(address string) int {
		values := url.Values{"csrf": {form.Cookies()[0].Value}, "token": {"wrong"}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, staff+"/signin", strings.NewReader(values.Encode()))
		require.NoError(t, err)
		request.AddCookie(form.Cookies()[0])
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Forwarded-For", address)
		return code(once(), request)
	}
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, guess("203.0.113.9"))
	}
	require.Equal(t, http.StatusTooManyRequests, guess("203.0.113.9"))
	require.Equal(t, http.StatusUnauthorized, guess("203.0.113.10"), "somebody else")
}

// TestAFloodOfWebhooksDelaysNoPage: the proxy is busy with what it refuses, and the
// page goes out as without it.
func TestAFloodOfWebhooksDelaysNoPage(t *testing.T) {
	t.Parallel()
	twilio, accounts := startSandbox(t)
	telemetry := serveTelemetry(t, accounts)
	proxy := serveWith(t, start(t, map[string]string{"STRIPE_WEBHOOK_SECRETS": "whsec_x", "ADDRESS_RATE": "1000000"}), "webhooks")
	telemetry.assign("S1", "monitor-1")
	guest := newGuest(t, "monitor-1", func() []string { return []string{telemetry.address} })
	guest.live()

	ctx, cancel := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	var webhooks atomic.Int64
	for range 4 {
		flood.Go(func() {
			sender := &http.Client{Transport: &http.Transport{}}
			defer sender.CloseIdleConnections()
			for ctx.Err() == nil {
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, proxy.address+"/webhooks/stripe", strings.NewReader("{}"))
				if err != nil {
					t.Error(err)
					return
				}
				request.Header.Set("Stripe-Signature", "t=1,v1=00")
				if response, err := sender.Do(request); err == nil {
					_, _ = io.Copy(io.Discard, response.Body) // for the next request on the connection
					_ = response.Body.Close()
					webhooks.Add(1)
				}
			}
		})
	}
	defer func() { cancel(); flood.Wait() }()
	paged(t, twilio, "VF", guest.alarm("vf"))
	require.Greater(t, webhooks.Load(), int64(300), "a flood")
}

// TestSomebodyIsPagedWithoutWorkerServerOrBoth goes from an alarm that the workflow
// pages about through every way in which it cannot.
func TestSomebodyIsPagedWithoutWorkerServerOrBoth(t *testing.T) {
	t.Parallel()
	settings := devserver.Settings{File: filepath.Join(t.TempDir(), "temporal.db"), HostPort: freeport.Address(t)}
	server := devserver.StartWith(t, settings)
	twilio, accounts := startSandbox(t)
	accounts["TEMPORAL_ADDRESS"] = settings.HostPort
	telemetry := serveTelemetry(t, accounts)
	temporal := dialTemporal(t, settings.HostPort)
	startMonitor(t, temporal, "session/S1")
	telemetry.assign("S1", "monitor-1")
	guest := newGuest(t, "monitor-1", func() []string { return []string{telemetry.address} })
	guest.live()

	paged(t, twilio, "VF", guest.alarm("vf")) // no worker

	serves := &house{t: t, telemetry: telemetry}
	stop := serves.start(temporal)
	require.Eventually(t, func() bool { return serves.handed("S1/1") }, patience, 10*time.Millisecond, "the workflow catches up")
	alarms := 1 + inTime(t, twilio, guest, serves)

	require.NoError(t, server.Stop())
	paged(t, twilio, "BRADY", guest.alarm("brady")) // no server
	stop()
	paged(t, twilio, "PAUSE", guest.alarm("pause")) // neither

	devserver.StartWith(t, settings)
	var want []int
	for number := range alarms + 2 {
		want = append(want, number+1)
	}
	require.Eventually(t, func() bool { return len(numbersOf(t, temporal, "session/S1")) >= len(want) }, 2*patience, 200*time.Millisecond, "what waited is told")
	require.Equal(t, want, numbersOf(t, temporal, "session/S1"), "once, and in order")
	require.Len(t, pagesAbout(twilio, "VF"), 2, "nobody was paged twice")

	require.Eventually(t, func() bool { return telemetry.figure("guestjourney_telemetry_undelivered") == "0" }, patience, 100*time.Millisecond)
	require.Equal(t, strconv.Itoa(alarms+2), telemetry.figure(`guestjourney_telemetry_transitions_total{change="raised",origin="monitor",priority="critical"}`))
	require.NotEmpty(t, telemetry.figure(`guestjourney_telemetry_batches_total{outcome="stored"}`))
	require.NotContains(t, []string{"", "0"}, telemetry.figure(`guestjourney_telemetry_fallback_pages_total{channel="voice",outcome="handed"}`))
	require.Equal(t, "0", telemetry.figure(`guestjourney_telemetry_fallback_pages_total{channel="voice",outcome="undeliverable"}`), "there before the first one")
	require.NotEmpty(t, telemetry.figure("guestjourney_telemetry_committed_seconds_count"))
}

// inTime raises alarms until the worker has one of them paged within the time that it
// has, and sees that nobody else pages about that one. It returns how many it raised: a
// machine that is very busy may be late.
func inTime(t *testing.T, twilio *sandbox.Server, guest *guest, serves *house) int {
	t.Helper()
	for i, code := range []string{"vt", "svt", "vrun"} {
		raised, number := guest.alarm(code), i+2
		require.Eventually(t, func() bool { return serves.handed("S1/" + strconv.Itoa(number)) }, patience, 10*time.Millisecond, "the worker pages")
		if time.Since(raised) < fallback.Overdue-time.Second {
			require.Never(t, func() bool { return len(pagesAbout(twilio, strings.ToUpper(code))) > 0 }, 4*time.Second, 100*time.Millisecond, "it said so")
			return i + 1
		}
	}
	require.Fail(t, "the worker is always late")
	return 0
}

// TestTheOwnerIsKilled: two processes on one database, batches to either at random.
// Whoever takes over loses no batch and takes none for a standstill; a standstill is
// one all the same.
func TestTheOwnerIsKilled(t *testing.T) {
	t.Parallel()
	cluster := postgrestest.Start(t, postgrestest.Settings{User: "telemetry", Options: []string{"fsync=off", "max_connections=60"}})
	url := cluster.Schema(t)
	_, accounts := startSandbox(t)
	accounts["DATABASE_URL"] = url
	first := serveTelemetry(t, accounts)
	const guests = 4
	var all []*guest
	for n := range guests {
		first.assign("S"+strconv.Itoa(n), "monitor-"+strconv.Itoa(n))
	}
	require.Eventually(t, func() bool { return first.figure("guestjourney_telemetry_sessions") == strconv.Itoa(guests) }, patience, 20*time.Millisecond)
	second := serveTelemetry(t, accounts)
	addresses := func() []string {
		both := []string{first.address, second.address}
		rand.Shuffle(2, func(i, j int) { both[i], both[j] = both[j], both[i] })
		return both
	}
	for n := range guests {
		one := newGuest(t, "monitor-"+strconv.Itoa(n), addresses)
		one.live()
		all = append(all, one)
	}
	last := func(count int) func() bool { return func() bool { return all[guests-1].stored() >= count } }
	require.Eventually(t, last(5), patience, 10*time.Millisecond)
	first.end(syscall.SIGKILL)
	require.Eventually(t, func() bool { return second.figure("guestjourney_telemetry_sessions") == strconv.Itoa(guests) }, patience, 20*time.Millisecond)
	require.Eventually(t, last(14), patience, 10*time.Millisecond)
	all[0].beats(0)

	kept := openShared(t, url)
	told := func(name string) (alarms []string) {
		rows, err := kept.Transitions(t.Context(), name, 0, 100)
		require.NoError(t, err)
		for _, row := range rows {
			found, err := outbox.Read(row)
			require.NoError(t, err)
			alarms = append(alarms, found.Alarm+" "+string(found.Change))
		}
		return alarms
	}
	require.Eventually(t, func() bool { return len(told("session/S0")) >= 2 }, patience, 20*time.Millisecond, "a standstill")
	require.Equal(t, []string{"pause raised", "asystole raised"}, told("session/S0"))
	for n, one := range all {
		name := "session/S" + strconv.Itoa(n)
		if n > 0 {
			require.Empty(t, told(name), "nothing was wrong with them")
		}
		rows, err := kept.Tail(t.Context(), name, 0, 1000)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(rows), one.stored(), "what was taken is there")
		for i, row := range rows {
			require.Equal(t, uint64(i+1), row.Batch.Sequence, "in order, without a gap")
		}
	}
}

func ringOf(t *testing.T) *codec.Ring {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + key)
	require.NoError(t, err)
	return ring
}

func openShared(t *testing.T, url string) *store.Store {
	t.Helper()
	sealing, err := codec.New(ringOf(t))
	require.NoError(t, err)
	return storetest.Open(t, store.Config{URL: url, Codec: sealing})
}

// dialTemporal connects as a worker does, also later.
func dialTemporal(t *testing.T, address string) client.Client {
	t.Helper()
	made, err := temporalclient.Dial(t.Context(), temporalclient.Options{
		Program: "test", Keys: ringOf(t), RequireKeys: true, Lazy: true, Address: address, Namespace: devserver.Namespace,
	})
	require.NoError(t, err)
	t.Cleanup(made.Close)
	return made
}

// startMonitor starts the workflow, whether it is served or not.
func startMonitor(t *testing.T, temporal client.Client, id string) {
	t.Helper()
	_, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueSessions}, session.Type, session.Input{
		GuestRef: "g-1", Device: "monitor-1", Room: "3", LatestEnd: time.Now().Add(time.Hour),
		Protocol:  session.Protocol{Code: "PRG-07", SignedBy: "dr-x", SignedAt: time.Now().Add(-time.Hour)},
		Clearance: session.Clearance{Ref: "c-1", ValidUntil: time.Now().Add(time.Hour)},
	})
	require.NoError(t, err)
}

// numbersOf are the transitions in a workflow's history.
func numbersOf(t *testing.T, temporal client.Client, id string) (numbers []int) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	events := temporal.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil // the server is not there yet
		}
		if signalled := event.GetWorkflowExecutionSignaledEventAttributes(); signalled.GetSignalName() == session.SignalTransition {
			var got session.Transition
			require.NoError(t, temporalclient.DataConverter(ringOf(t)).FromPayloads(signalled.GetInput(), &got))
			numbers = append(numbers, got.Number)
		}
	}
	return numbers
}

// house is a worker whose pages are always taken, and who says so.
type house struct {
	t         *testing.T
	telemetry *process

	mutex sync.Mutex
	keys  map[string]bool
}

func (h *house) start(temporal client.Client) (stop func()) {
	serves := worker.New(temporal, options.QueueSessions, worker.Options{})
	policy := kit.Policy{AllowPlaintext: func() bool { return false }}
	serves.RegisterWorkflowWithOptions(session.Workflow(policy), workflow.RegisterOptions{Name: session.Type})
	serves.RegisterActivityWithOptions(h, activity.RegisterOptions{Name: ports.Prefix})
	require.NoError(h.t, serves.Start())
	stop = sync.OnceFunc(serves.Stop)
	h.t.Cleanup(stop)
	return stop
}

// Page says that the provider has taken it.
func (h *house) Page(_ context.Context, command options.Command[ports.Page]) (ports.Receipt, error) {
	id, number, _ := strings.Cut(command.Request.Key, "/")
	if number, _, again := strings.Cut(number, "/"); !again {
		got := h.telemetry.ask(http.MethodPut, id+"/transitions/"+number+"/handed", map[string]any{"at": time.Now()})
		if got != http.StatusNoContent {
			h.t.Errorf("a page that was taken is answered %d", got)
		}
		h.mutex.Lock()
		defer h.mutex.Unlock()
		if h.keys == nil {
			h.keys = map[string]bool{}
		}
		h.keys[command.Request.Key] = true
	}
	return ports.Receipt{ID: "SM1", HandedAt: time.Now()}, nil
}

// Ladder has one person.
func (h *house) Ladder(context.Context, ports.LadderRequest) (ports.Ladder, error) {
	return ports.Ladder{Rungs: []ports.Rung{{Contacts: []ports.Contact{{Person: "p-ana", Channels: []ports.Channel{ports.SMS}}}}}}, nil
}

func (h *house) handed(key string) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.keys[key]
}

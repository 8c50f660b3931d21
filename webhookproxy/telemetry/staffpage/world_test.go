package staffpage_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/internal/logtest"
	"guestjourney/internal/staff"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anaToken  = "token-of-ana-4711"
	deskToken = "token-of-the-cleaner-4711"
	session3  = "session/s-3"
	device3   = "monitor-3"
)

// roster has a nurse and somebody whose role gives no command.
func roster(t testing.TB, anasToken string) *staff.Roster {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"zone": "UTC", "coversUntil": "2099-12-31", "failsafe": "p-ana",
		"people": []any{
			map[string]any{"code": "p-ana", "roles": []string{"nurse"}, "tokens": []string{staff.HashToken(anasToken)},
				"contact": []any{map[string]any{"channel": "sms", "to": "+525512345678"}}},
			map[string]any{"code": "p-sol", "roles": []string{"cleaner"}, "tokens": []string{staff.HashToken(deskToken)}},
		},
	})
	require.NoError(t, err)
	read, err := staff.Read(text)
	require.NoError(t, err)
	return read
}

// world is a page on a real store and a real server. Its clock stands still until
// a test moves it.
type world struct {
	t      testing.TB
	store  *store.Store
	page   *staffpage.Page
	server *httptest.Server
	plane  *plane
	logs   *logtest.Log
	roster atomic.Pointer[staff.Roster]
	lease  store.Lease

	mutex  sync.Mutex
	at     time.Time
	number uint64
}

func (w *world) now() time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.at = w.at.Add(d)
}

// open makes a world with one session in room 3.
func open(t testing.TB) *world {
	t.Helper()
	return openWithin(t, 0)
}

// openWithin has a server that gives each answer so much time.
func openWithin(t testing.TB, limit time.Duration, change ...func(*staffpage.Config)) *world {
	t.Helper()
	w := &world{t: t, plane: &plane{rooms: map[string]string{session3: "3"}}, logs: &logtest.Log{}, at: time.Date(2027, 3, 2, 15, 0, 0, 0, time.UTC)}
	w.roster.Store(roster(t, anaToken))
	w.store = openStore(t, w.now)
	config := w.config()
	for _, one := range change {
		one(&config)
	}
	w.page = staffpage.New(config)
	w.server = httptest.NewUnstartedServer(w.page)
	w.server.Config.ReadTimeout, w.server.Config.WriteTimeout = limit, limit
	w.server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if tcp, ok := conn.(*tls.Conn).NetConn().(*net.TCPConn); ok {
			assert.NoError(t, tcp.SetWriteBuffer(4<<10)) // so that a test can fill it
		}
		return ctx
	}
	w.server.StartTLS() // a cookie jar keeps Secure cookies from plain HTTP
	t.Cleanup(func() {
		w.page.Close()
		w.server.Close()
	})
	w.assign(device3, session3)
	lease, err := w.store.Acquire(t.Context(), session3)
	require.NoError(t, err)
	w.lease = lease.Lease
	return w
}

func (w *world) config() staffpage.Config {
	return staffpage.Config{
		Readings: w.store, Monitors: w.plane, Roster: w.roster.Load, Logger: slog.New(slog.NewTextHandler(w.logs, nil)),
		Now: w.now, Every: 20 * time.Millisecond, Streams: 3,
	}
}

func openStore(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	return storetest.Open(t, store.Config{Now: now, Lease: time.Hour})
}

func (w *world) assign(device, name string) {
	w.t.Helper()
	require.NoError(w.t, w.store.Assign(w.t.Context(), store.Assignment{Device: device, Session: name, Since: w.now().Add(-time.Hour)}))
}

// batch is one second of a guest whose heart beats at a rate.
func (w *world) batch(rate float64, change ...func(*reading.Batch)) store.Received {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.number++
	batch := reading.Batch{Device: device3, Sequence: w.number, Samples: []reading.Sample{{At: w.at, Leads: reading.LeadsOn, Quality: reading.Good, HeartRate: &rate}}}
	for _, one := range change {
		one(&batch)
	}
	return store.Received{Batch: batch, At: w.at}
}

// beat sends one.
func (w *world) beat(rate float64, change ...func(*reading.Batch)) {
	w.t.Helper()
	_, err := w.store.Append(w.t.Context(), w.batch(rate, change...))
	require.NoError(w.t, err)
}

func withPressure(systolic, diastolic float64) func(*reading.Batch) {
	return func(batch *reading.Batch) {
		batch.Samples[0].Systolic, batch.Samples[0].Diastolic = &systolic, &diastolic
	}
}

// record is what the owner of the session does when it finds a transition.
func (w *world) record(told detector.Transition) {
	w.t.Helper()
	told.Since, told.At = w.now(), w.now()
	row, err := outbox.Row(w.lease.Session, told)
	require.NoError(w.t, err)
	w.lease, err = w.store.Commit(w.t.Context(), w.lease, store.Progress{Transitions: []store.Transition{row}})
	require.NoError(w.t, err)
}

func brady(number uint64, change detector.Change) detector.Transition {
	return detector.Transition{
		Number: number, Alarm: detector.HeartRateLow, Code: detector.HeartRateLow, Origin: detector.Physiological,
		Change: change, Priority: detector.Critical, Episode: 1,
	}
}

// browser is a client with cookies. It follows no redirect.
func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	client := w.server.Client()
	return &browser{w: w, client: &http.Client{
		Transport: client.Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type browser struct {
	w      *world
	client *http.Client
}

type reply struct {
	*http.Response
	text string
}

func (b *browser) do(request *http.Request) reply {
	b.w.t.Helper()
	answer, err := b.client.Do(request)
	require.NoError(b.w.t, err)
	defer answer.Body.Close() //nolint:errcheck // read whole below
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.w.t, err)
	return reply{answer, string(text)}
}

func (b *browser) get(path string) reply {
	b.w.t.Helper()
	request, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, b.w.server.URL+path, nil)
	require.NoError(b.w.t, err)
	return b.do(request)
}

func (b *browser) post(path string, form url.Values, headers ...string) reply {
	b.w.t.Helper()
	request, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, b.w.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(b.w.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return b.do(request)
}

var csrfForm = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (b *browser) csrf(path string) string {
	b.w.t.Helper()
	found := csrfForm.FindStringSubmatch(b.get(path).text)
	require.Len(b.w.t, found, 2, "the page has a form")
	return found[1]
}

// signIn tries a token.
func (b *browser) signIn(token string) reply {
	b.w.t.Helper()
	return b.post("/signin", url.Values{"csrf": {b.csrf("/signin")}, "token": {token}})
}

// ana is a browser in which the nurse is signed in.
func (w *world) ana() *browser {
	w.t.Helper()
	b := w.browser()
	require.Equal(w.t, http.StatusSeeOther, b.signIn(anaToken).StatusCode)
	return b
}

// shows waits until the page has a text.
func (b *browser) shows(want string) string {
	b.w.t.Helper()
	text := ""
	if !assert.Eventually(b.w.t, func() bool {
		text = b.get("/").text
		return strings.Contains(text, want)
	}, 30*time.Second, 10*time.Millisecond) {
		require.Contains(b.w.t, text, want)
	}
	return text
}

var orderForm = regexp.MustCompile(`name="order" id="([a-z_]+)-k[^"]*" value="([^"]+)"`)

// order finds a button's value on the page.
func (b *browser) order(name string) string {
	b.w.t.Helper()
	value := ""
	require.Eventually(b.w.t, func() bool {
		for _, found := range orderForm.FindAllStringSubmatch(b.get("/").text, -1) {
			if found[1] == name {
				value = strings.ReplaceAll(found[2], "&amp;", "&")
			}
		}
		return value != ""
	}, 30*time.Second, 10*time.Millisecond, "no button %s", name)
	return value
}

// plane stands in for the control plane, which can then be silent when a test wants
// it. The adapter to the real one has its own test.
type plane struct {
	mutex  sync.Mutex
	rooms  map[string]string
	alarms []session.AlarmView
	pause  session.Pause
	done   []kit.Outcome
	given  []command
	err    error
}

type command struct {
	session, id, name string
	input             any
}

func (p *plane) set(change func(*plane)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change(p)
}

func (p *plane) Status(_ context.Context, name string) (session.Overview, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.err != nil {
		return session.Overview{}, p.err
	}
	last := 0
	for _, alarm := range p.alarms {
		last = max(last, alarm.Number)
	}
	return session.Overview{
		GuestRef: "g-77", Room: p.rooms[name], Alarms: append([]session.AlarmView{}, p.alarms...), AudioPaused: p.pause,
		LastNumber: last, Commands: append([]kit.Outcome{}, p.done...),
	}, nil
}

func (p *plane) Update(_ context.Context, name, id, update string, input any) (kit.Outcome, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.given = append(p.given, command{name, id, update, input})
	if p.err != nil {
		return kit.Outcome{}, p.err
	}
	return kit.Outcome{CommandID: id, Detail: "acknowledged"}, nil
}

func (p *plane) all() []command {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]command{}, p.given...)
}

func view(number int, state string, change ...func(*session.AlarmView)) session.AlarmView {
	shown := session.AlarmView{
		ID: detector.HeartRateLow, Code: "HR-LOW", Origin: "physiological", State: state, Priority: session.Critical, Episode: 1, Number: number,
	}
	for _, one := range change {
		one(&shown)
	}
	return shown
}

package staffpage_test

import (
	"context"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/freeport"
	"guestjourney/internal/logtest"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/ecg/ecgtest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/staffpage"
	"guestjourney/webhookproxy/telemetry/staffpage/monitors"
	"guestjourney/webhookproxy/telemetry/staffpage/monitors/monitorstest"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

// pictureFolder, if set, keeps what the browser shows, for people to look at.
const pictureFolder = "STAFFPAGE_PICTURES"

// tab is a page in a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mutex    sync.Mutex
	problems []string // what the browser has complained about
}

// chromium starts a browser without a screen.
func chromium(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("needs the Debian package chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900),
		chromedp.NoSandbox, // tests run as root in containers, where it cannot work
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, endTab := chromedp.NewContext(allocator)
	t.Cleanup(endTab)
	b := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx))                          // starts it, for as long as the context lasts
	t.Cleanup(func() { assert.NoError(t, chromedp.Cancel(ctx)) }) // waits for its end
	require.NoError(t, chromedp.Listen(ctx, b.hear))
	_, err = chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	require.NoError(t, err)
	return b
}

// hear keeps errors of scripts, and what the content security policy has stopped.
func (b *tab) hear(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch found := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, found.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		if found.Entry.Source == cdplog.EntrySourceSecurity || found.Entry.Source == cdplog.EntrySourceJavascript {
			b.problems = append(b.problems, found.Entry.Text)
		}
	}
}

// actionTime bounds everything that a page does at once.
const actionTime = 10 * time.Second

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actionTime)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

// eval returns what an expression is in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, actionTime)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return found
}

// is waits until an expression is true in the page.
func (b *tab) is(expression string, within time.Duration) {
	b.t.Helper()
	for deadline := time.Now().Add(within); !eval[bool](b, expression); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.Fail(b.t, "not so in the page: "+expression, eval[string](b, "document.body.innerText"))
		}
	}
}

// has waits until an element has a text.
func (b *tab) has(id, text string, within time.Duration) {
	b.t.Helper()
	b.is(`document.getElementById(`+quoted(id)+`).innerText.includes(`+quoted(text)+`)`, within)
}

func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text can be encoded
	}
	return string(encoded)
}

// keep makes a picture of the whole page.
func (b *tab) keep(name string) {
	b.t.Helper()
	folder := os.Getenv(pictureFolder)
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
}

// live is a world in real time, with a real control plane.
func live(t *testing.T) (*world, *monitorstest.Plane) {
	t.Helper()
	plane := monitorstest.Start(t)
	plane.Begin(t, session3, "3")
	w := &world{t: t, logs: &logtest.Log{}, at: time.Now()}
	w.roster.Store(roster(t, anaToken))
	w.store = openStore(t, time.Now)
	w.assign(device3, session3)
	lease, err := w.store.Acquire(t.Context(), session3)
	require.NoError(t, err)
	w.lease = lease.Lease
	return w, plane
}

func (w *world) livePage(plane *monitorstest.Plane) *staffpage.Page {
	config := w.config()
	config.Monitors, config.Now, config.Every = monitors.New(plane.Client), time.Now, 0
	page := staffpage.New(config)
	w.t.Cleanup(page.Close)
	return page
}

// serve listens on an address until it is stopped, which cuts every connection.
func serve(t *testing.T, address string, page http.Handler) (stop func()) {
	t.Helper()
	socket, err := net.Listen("tcp", address)
	require.NoError(t, err)
	server := &http.Server{Handler: page, ReadHeaderTimeout: time.Second}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(socket) }) // ends with the close below
	stop = sync.OnceFunc(func() {
		assert.NoError(t, server.Close())
		done.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// minutes fills the past, so that there is something to see.
func (w *world) minutes(n int) {
	w.t.Helper()
	past := make([]store.Received, n*30)
	for i := range past {
		w.at = time.Now().Add(-time.Duration(n)*time.Minute + time.Duration(i)*2*time.Second)
		past[i] = w.batch(70+12*wave(i, 97)+3*wave(i, 7), withQT, func(batch *reading.Batch) {
			if i%90 == 0 {
				withPressure(116+8*wave(i, 211), 74)(batch)
			}
		})
	}
	_, err := w.store.Append(w.t.Context(), past...)
	require.NoError(w.t, err)
}

func wave(i, period int) float64 { return math.Sin(2 * math.Pi * float64(i) / float64(period)) }

func withQT(batch *reading.Batch) { batch.Samples[0].QT = &reading.QT{Ms: 392, RRMs: 846, QRSMs: 92} }

// second is one that the monitor sends now.
func (w *world) second(rate float64) {
	w.t.Helper()
	w.at = time.Now()
	spo2, battery := 97.0, 83.0
	w.beat(rate, withQT, func(batch *reading.Batch) {
		batch.Samples[0].SpO2, batch.Samples[0].Battery = &spo2, &battery
		batch.ECG = []reading.Strip{ecgtest.Strip("II", w.at.Add(-time.Second), 250, 250)}
	})
}

// TestTheLiveViewInABrowser is one walk through the page, because a browser and a
// server cost seconds.
func TestTheLiveViewInABrowser(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	w, plane := live(t)
	w.minutes(14)
	w.second(71)
	w.assign("monitor-4", "session/s-4") // of which the control plane knows nothing
	page, address := w.livePage(plane), freeport.Address(t)
	stop := serve(t, address, page)
	site := "http://" + address // loopback, which a browser trusts with Secure cookies

	b.run(chromedp.Navigate(site+"/"), chromedp.WaitVisible(chromedp.CSS("#token")))
	b.keep("signin")
	b.run(chromedp.SendKeys(chromedp.CSS("#token"), anaToken+kb.Enter), chromedp.WaitVisible(chromedp.CSS("article.card")))
	b.has("sessions", "Room 3", time.Second)
	b.has("sessions", "No session monitor has this session", 3*time.Second)
	b.cookieIsOutOfReach(site)

	eval[bool](b, "window.kept = true")
	for _, rate := range []float64{72, 79} {
		w.second(rate)
		b.is(`document.querySelector(".number").innerText === "`+map[float64]string{72: "72", 79: "79"}[rate]+`"`, 3*time.Second)
	}
	b.has("alarms", "No alarms", time.Second)

	w.at = time.Now()
	w.record(brady(1, detector.Raised))
	b.has("alarms", "Room 3: Heart rate low", 2*time.Second)
	b.has("announce", "Room 3: critical alarm: Heart rate low", time.Second)
	plane.Tell(t, session3, session.Transition{
		Number: 1, Alarm: detector.HeartRateLow, Code: "HR-LOW", Origin: "physiological", Change: session.Raised,
		Priority: session.Critical, Episode: 1, At: time.Now(), PageKey: "s-3/1",
	})
	b.has("alarms", "rung 1 paged", 5*time.Second)
	w.second(38)
	b.is(`document.querySelector(".number").innerText === "38"`, 3*time.Second)
	b.keep("alarm")
	b.namesEverything()

	b.acknowledgeByKeyboard(w)
	assert.True(t, eval[bool](b, "window.kept === true"), "the page was never loaded again")
	b.keep("acknowledged")
	b.fitsAPhone()

	stop()
	b.has("lost", "Connection lost", 3*time.Second)
	b.is(`document.querySelector(".value").classList.contains("stale")`, 10*time.Second)
	b.keep("lost")
	stop = serve(t, address, page)
	b.is(`document.getElementById("lost").innerText === ""`, 10*time.Second)
	w.second(66)
	b.is(`document.querySelector(".number").innerText === "66" && !document.querySelector(".value").classList.contains("stale")`, 3*time.Second)

	stop()
	page.Close()
	serve(t, address, w.livePage(plane)) // another process: nobody is signed in
	b.has("lost", "You are signed out", 15*time.Second)

	source := eval[string](b, "document.documentElement.outerHTML + document.cookie + JSON.stringify(localStorage) + location.href")
	assert.NotContains(t, source, anaToken)
	assert.NotContains(t, w.logs.String(), anaToken)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	assert.Empty(t, b.problems)
}

func (b *tab) cookieIsOutOfReach(site string) {
	b.t.Helper()
	assert.Empty(b.t, eval[string](b, "document.cookie"))
	found, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{site}})
	require.NoError(b.t, err)
	require.Len(b.t, found.Cookies, 1)
	cookie := found.Cookies[0]
	assert.True(b.t, cookie.Secure && cookie.HTTPOnly && cookie.SameSite == network.CookieSameSiteStrict)
}

// acknowledgeByKeyboard goes from button to button as somebody without a mouse does.
// A value that changes meanwhile does not take the focus away.
func (b *tab) acknowledgeByKeyboard(w *world) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	focus := ""
	for range 12 {
		b.run(chromedp.KeyEvent(kb.Tab))
		focus = eval[string](b, "document.activeElement.id")
		if strings.HasPrefix(focus, "acknowledge-") {
			break
		}
	}
	require.Contains(b.t, focus, "acknowledge-")
	w.second(39)
	b.is(`document.querySelector(".number").innerText === "39"`, 3*time.Second)
	require.Equal(b.t, focus, eval[string](b, "document.activeElement.id"))
	b.run(chromedp.KeyEvent(kb.Enter))
	b.has("said", "Done: acknowledged.", 5*time.Second)
	b.has("alarms", "Acknowledged by p-ana (clinician)", 3*time.Second)
	assert.Equal(b.t, "alarms-title", eval[string](b, "document.activeElement.id"), "the button is gone, and the focus is near it")
}

// namesEverything: whatever can be used has a name that a screen reader says.
func (b *tab) namesEverything() {
	b.t.Helper()
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(b.t, err)
	roles := map[string]int{}
	for _, node := range tree.Nodes {
		if node.Ignored {
			continue
		}
		role := text(node.Role)
		roles[role]++
		switch role {
		case "button", "image", "heading", "article", "link", "region":
			assert.NotEmpty(b.t, text(node.Name), "a %s without a name", role)
		}
	}
	for _, role := range []string{"banner", "main", "region", "article", "image", "button", "heading", "alert", "status"} {
		assert.Positive(b.t, roles[role], role)
	}
}

func text(value *accessibility.Value) (found string) {
	if value != nil {
		_ = json.Unmarshal(value.Value, &found) // what is no text has no name
	}
	return found
}

func (b *tab) fitsAPhone() {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(360, 740, chromedp.EmulateScale(2)))
	assert.LessOrEqual(b.t, eval[int](b, "document.documentElement.scrollWidth"), 360)
	b.keep("phone")
	b.run(chromedp.ResetViewport())
}

package staffpage_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
)

// told is an event as the script reads it.
type told struct {
	Parts map[string]string
	Cards map[string]string
	Order []string
	Sound string
	News  []struct{ ID, Text string }
}

func (e told) has(text string) bool {
	for _, list := range []map[string]string{e.Parts, e.Cards} {
		for _, part := range list {
			if strings.Contains(part, text) {
				return true
			}
		}
	}
	return false
}

// listen opens a stream. The channel is closed when the stream has ended.
func (b *browser) listen(ctx context.Context) (events <-chan told, beats <-chan string) {
	b.w.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.w.server.URL+"/events", nil)
	require.NoError(b.w.t, err)
	answer, err := b.client.Do(request)
	require.NoError(b.w.t, err)
	require.Equal(b.w.t, http.StatusOK, answer.StatusCode)
	require.Equal(b.w.t, "text/event-stream", answer.Header.Get("Content-Type"))
	found, comments := make(chan told, 1000), make(chan string, 1000)
	go func() {
		defer close(found)
		defer answer.Body.Close() //nolint:errcheck // nothing was written
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var one told
				if err := json.Unmarshal([]byte(data), &one); err != nil {
					one.Sound = err.Error()
				}
				found <- one
			} else if strings.HasPrefix(lines.Text(), ":") {
				comments <- lines.Text()
			}
		}
	}()
	return found, comments
}

// until reads events until one of them has a text.
func until(t *testing.T, events <-chan told, text string) told {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case one, open := <-events:
			require.True(t, open, "the stream has ended before %q", text)
			if one.has(text) {
				return one
			}
		case <-deadline:
			require.Fail(t, "nothing came", text)
		}
	}
}

func ended(t *testing.T, events <-chan told) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case _, open := <-events:
			if !open {
				return
			}
		case <-deadline:
			require.Fail(t, "the stream goes on")
		}
	}
}

func TestAStreamSendsWhatHasChanged(t *testing.T) {
	t.Parallel()
	const limit = 500 * time.Millisecond // of other answers
	w := openWithin(t, limit)
	b := w.ana()
	w.beat(72)
	events, _ := b.listen(t.Context())
	first := until(t, events, "72")
	require.Len(t, first.Order, 1)
	assert.Contains(t, first.Cards[first.Order[0]], "Room 3")

	w.pass(time.Second)
	w.beat(81)
	next := until(t, events, "81")
	assert.Empty(t, next.Cards, "the card is there")
	assert.Contains(t, next.Parts, first.Order[0]+"-values")
	assert.NotContains(t, next.Parts, first.Order[0]+"-log", "which has not changed")

	time.Sleep(limit + limit/4)
	w.record(brady(1, detector.Raised))
	alarm := until(t, events, "Heart rate low")
	assert.Equal(t, "critical", alarm.Sound)
	require.Len(t, alarm.News, 1)
	assert.Equal(t, "Room 3: critical alarm: Heart rate low", alarm.News[0].Text)

	w.assign("monitor-4", "session/s-4")
	assert.Len(t, until(t, events, "Room s-4").Cards, 1)
	require.NoError(t, w.store.End(t.Context(), "session/s-4", w.now()))
	for one := range events {
		if len(one.Order) == 1 {
			break
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last <-chan told
	for range 3 {
		last, _ = b.listen(ctx)
	}
	refused := b.get("/events")
	assert.Equal(t, http.StatusServiceUnavailable, refused.StatusCode)
	assert.NotEmpty(t, refused.Header.Get("Retry-After"))
	cancel()
	ended(t, last)
	require.Eventually(t, func() bool { // the places are free again
		soon, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		request, err := http.NewRequestWithContext(soon, http.MethodGet, w.server.URL+"/events", nil)
		require.NoError(t, err)
		answer, err := b.client.Do(request)
		if err != nil {
			return false
		}
		defer answer.Body.Close() //nolint:errcheck // only its status counts
		return answer.StatusCode == http.StatusOK
	}, 30*time.Second, 10*time.Millisecond)
}

func TestAStreamEndsWithItsSignInAndWithTheProgram(t *testing.T) {
	t.Parallel()
	w := open(t)
	leaves, stays := w.ana(), w.ana()
	first, _ := leaves.listen(t.Context())
	second, _ := stays.listen(t.Context())
	leaves.post("/signout", url.Values{"csrf": {leaves.csrf("/")}})
	ended(t, first)
	until(t, second, "Room 3")
	w.page.Close()
	ended(t, second)
	assert.Equal(t, http.StatusServiceUnavailable, stays.get("/").StatusCode)
}

// slow is the browser on a connection that takes a few kilobytes and then no more.
func (w *world) slow(b *browser) *http.Client {
	transport := w.server.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return conn, err
	}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Jar: b.client.Jar}
}

func TestAReaderThatDoesNotReadHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := open(t)
	b := w.ana()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/events", nil)
	require.NoError(t, err)
	stuck, err := w.slow(b).Do(request) // whose body nobody reads
	require.NoError(t, err)
	defer stuck.Body.Close() //nolint:errcheck // on purpose unread
	events, _ := b.listen(t.Context())
	noise := func(batch *reading.Batch) { // so that the stuck one's buffers fill
		units := make([]int16, 1000)
		for i := range units {
			units[i] = int16((i*7919 + int(batch.Sequence)) % 997) //nolint:gosec // below 997
		}
		batch.ECG = []reading.Strip{{Lead: "II", At: batch.Samples[0].At, RateHz: 500, Microvolts: 2.5, Units: units}}
	}
	for i := range 20 {
		rate := float64(100 + i)
		w.beat(rate, noise)
		until(t, events, fmt.Sprintf(`<span class="number">%.0f</span>`, rate))
		w.pass(time.Second)
	}
}

//go:build !fuzz

// Not beside the fuzz targets: the gateway brings SQLite, which takes minutes to
// build with the fuzzer's counters and slows every input down.

package providers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
	"guestjourney/webhookproxy/providers/samples"
)

// taker stands for Temporal and takes everything.
type taker struct {
	mutex sync.Mutex
	taken []string
}

func (p *taker) Signal(_ context.Context, _ string, signal providers.Signal) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.taken = append(p.taken, signal.WorkflowID)
	return nil
}

func (*taker) Park(context.Context, parcel.Parcel) error { return nil }

// served runs the real gateway with the declarations.
func served(t *testing.T, config providers.Config) (*taker, *httptest.Server) {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	sealing, err := codec.New(ring)
	require.NoError(t, err)
	now := func() time.Time { return receivedAt }
	store, err := inbox.Open(t.Context(), inbox.Config{Path: filepath.Join(t.TempDir(), "inbox.db"), Codec: sealing, Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	declared, err := providers.All(config)
	require.NoError(t, err)
	for i := range declared {
		declared[i].Budget = 20 * time.Second // what is proven here is not how fast this machine is
	}
	signals := &taker{}
	server := httptest.NewServer(gateway.New(gateway.Config{
		Providers: declared, Signaller: signals, Inbox: store, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), PublicURL: publicURL, Now: now,
	}))
	t.Cleanup(server.Close)
	return signals, server
}

func send(t *testing.T, server *httptest.Server, message verify.Message) (status int, contentType, said string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), message.Method, server.URL+strings.TrimPrefix(message.URL, publicURL), bytes.NewReader(message.Body))
	require.NoError(t, err)
	request.Header = message.Header.Clone()
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header.Get("Content-Type"), string(text)
}

// The gateway serves every sample at its address, with its method, and takes it.
func TestEverySampleIsServed(t *testing.T) {
	with := config(every)
	var confirmed []string
	with.Confirm = func(_ context.Context, address string) error {
		confirmed = append(confirmed, address)
		return nil
	}
	signals, server := served(t, with)
	for _, sample := range samples.All() {
		_, message := sampleOf(t, sample.Name)
		status, _, said := send(t, server, message)
		require.Equal(t, http.StatusOK, status, "%s: %s", sample.Name, said)
		switch sample.Name {
		case "zoom-validation":
			require.Contains(t, said, `"encryptedToken"`)
		case "ses-confirmation":
			require.Len(t, confirmed, 1)
		case "stripe", "sendgrid", "twilio-status":
			require.True(t, slices.ContainsFunc(signals.taken, func(id string) bool { return strings.HasSuffix(id, "/sample") }), sample.Name)
		}
		message.Header = http.Header{"Content-Type": message.Header.Values("Content-Type")}
		status, _, _ = send(t, server, message)
		require.Equal(t, http.StatusUnauthorized, status, "%s without what proves it", sample.Name)
	}
	require.Contains(t, signals.taken, "pay/sample")
	require.Contains(t, signals.taken, "journey/sample")
	require.Contains(t, signals.taken, "claim/hubspot/42/contact/101")
}

func TestChallengesAreServed(t *testing.T) {
	_, server := served(t, config(every))
	for name, ask := range asks {
		get := func(token string) (int, string, string) {
			query := url.Values{"hub.mode": {"subscribe"}, ask.token: {token}, ask.challenge: {"1158201444"}}
			return send(t, server, verify.Message{Method: http.MethodGet, URL: publicURL + "/webhooks/" + name + "?" + query.Encode()})
		}
		status, contentType, said := get(secret(ask.variable))
		require.Equal(t, http.StatusOK, status, name)
		require.Equal(t, ask.contentType, contentType, "no browser takes it for a page")
		require.Contains(t, said, "1158201444")
		status, _, said = get("another")
		require.Equal(t, http.StatusForbidden, status, name)
		require.NotContains(t, said, "1158201444")
	}
}

package gateway_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio's scheme
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/codec"
	"guestjourney/internal/inbox"
	"guestjourney/internal/logtest"
	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/parcel"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/profile"
)

const (
	publicURL  = "https://hooks.example.com"
	secret     = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	messageSID = "SM0123456789abcdef0123456789abcdef"
	accountSID = "AC0123456789abcdef0123456789abcdef"
)

// ownAddress as PublicURL stands for the test server's address, which is not
// known before.
const ownAddress = "own"

var start = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// sent is a signal that reached the port.
type sent struct {
	requestID string
	signal    providers.Signal
}

// port is a Signaller that records, and does what the test says.
type port struct {
	mutex  sync.Mutex
	calls  []sent
	answer func(ctx context.Context, signal providers.Signal) error
	parked []parcel.Parcel
	park   error
}

func (p *port) Signal(ctx context.Context, requestID string, signal providers.Signal) error {
	p.mutex.Lock()
	p.calls = append(p.calls, sent{requestID, signal})
	answer := p.answer
	p.mutex.Unlock()
	if answer == nil {
		return nil
	}
	return answer(ctx, signal)
}

func (p *port) Park(_ context.Context, event parcel.Parcel) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.park == nil {
		p.parked = append(p.parked, event)
	}
	return p.park
}

func (p *port) set(answer func(ctx context.Context, signal providers.Signal) error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.answer = answer
}

func (p *port) got() []sent {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.calls)
}

// stage is a gateway behind a real HTTP server.
type stage struct {
	t        *testing.T
	port     *port
	inbox    *shelf
	gateway  *gateway.Gateway
	server   *httptest.Server
	logs     *logtest.Log
	registry *prometheus.Registry
	sendGrid *ecdsa.PrivateKey
	clock    func() time.Time
}

// shelf is a real inbox that may be broken, and that counts.
type shelf struct {
	inbox.Store
	broken atomic.Bool
	checks atomic.Int64
	asked  atomic.Int64 // what is known, and what waits
}

var errBroken = fmt.Errorf("%w: the disk is full", inbox.ErrUnavailable)

func (s *shelf) Add(ctx context.Context, events []inbox.Event) ([]bool, error) {
	if s.broken.Load() {
		return nil, errBroken
	}
	return s.Store.Add(ctx, events)
}

func (s *shelf) Known(ctx context.Context, keys []inbox.Key) (map[inbox.Key]bool, error) {
	s.asked.Add(1)
	if s.broken.Load() {
		return nil, errBroken
	}
	return s.Store.Known(ctx, keys)
}

func (s *shelf) Pending(ctx context.Context, workflowID string) (bool, error) {
	s.asked.Add(1)
	if s.broken.Load() {
		return true, errBroken
	}
	return s.Store.Pending(ctx, workflowID)
}

func (s *shelf) Check(ctx context.Context) error {
	s.checks.Add(1)
	if s.broken.Load() {
		return errBroken
	}
	return s.Store.Check(ctx)
}

// waiting lists what is stored, in the order of arrival.
func (s *stage) waiting() []inbox.Entry {
	s.t.Helper()
	entries, err := s.inbox.List(s.t.Context(), inbox.Filter{})
	require.NoError(s.t, err)
	return entries
}

// openShelf opens an inbox in a file of its own.
func openShelf(t *testing.T, now func() time.Time) *shelf {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	sealing, err := codec.New(ring)
	require.NoError(t, err)
	store, err := inbox.Open(t.Context(), inbox.Config{Path: filepath.Join(t.TempDir(), "inbox.db"), Codec: sealing, Now: now, Alone: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return &shelf{Store: store}
}

// option changes a stage before it is built.
type option func(*gateway.Config, *providers.Config)

func newStage(t *testing.T, options ...option) *stage {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	s := &stage{t: t, port: &port{}, logs: &logtest.Log{}, registry: prometheus.NewRegistry(), sendGrid: key, clock: func() time.Time { return start }}
	declared := providers.Config{
		Secrets: func(variable string) []string {
			switch variable {
			case "SENDGRID_WEBHOOK_PUBLIC_KEYS":
				return []string{base64.StdEncoding.EncodeToString(der)}
			case "STRIPE_WEBHOOK_SECRETS", "TWILIO_AUTH_TOKEN", "HUBSPOT_CLIENT_SECRETS", "GUEST_WEBHOOK_SECRETS", "VAPI_LEGACY_SECRETS":
				return []string{secret}
			}
			return nil
		},
		IdentityKey: bytes.Repeat([]byte{1}, 32),
		Starts:      &profile.StartRules{Forms: []string{"website"}, Program: "retreat-7d", PerHour: 20},
	}
	s.inbox = openShelf(t, func() time.Time { return s.clock() })
	config := gateway.Config{
		Signaller: s.port, Inbox: s.inbox, Registry: s.registry, PublicURL: publicURL + "/", Now: func() time.Time { return s.clock() },
		Logger: slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, change := range options {
		change(&config, &declared)
	}
	if config.Providers == nil {
		config.Providers, err = providers.All(declared)
		require.NoError(t, err)
	}
	for i := range config.Providers {
		config.Providers[i].Budget = min(config.Providers[i].Budget, time.Second)
	}
	s.server = httptest.NewUnstartedServer(nil)
	if config.PublicURL == ownAddress {
		config.PublicURL = "http://" + s.server.Listener.Addr().String()
	}
	s.gateway = gateway.New(config)
	s.server.Config.Handler = s.gateway
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// reply is an answer of the gateway.
type reply struct {
	status int
	header http.Header
	body   string
	closed bool // the connection, after it
}

func (s *stage) do(method, path string, header http.Header, body io.Reader) reply {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, body)
	require.NoError(s.t, err)
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return reply{response.StatusCode, response.Header, string(text), response.Close}
}

func (s *stage) post(path string, header http.Header, body string) reply {
	s.t.Helper()
	return s.do(http.MethodPost, path, header, strings.NewReader(body))
}

func mac(parts ...string) []byte {
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(strings.Join(parts, "")))
	return sum.Sum(nil)
}

func encode(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

func set(pairs ...string) http.Header {
	header := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}

// stripe, hubSpot and so on post a signed body, as the provider would.
func (s *stage) stripe(body string) reply {
	s.t.Helper()
	return s.post("/webhooks/stripe", s.stripeHeader(body), body)
}

func (s *stage) stripeHeader(body string) http.Header {
	stamp := strconv.FormatInt(s.clock().Unix(), 10)
	return set("Stripe-Signature", "t="+stamp+",v1="+hex.EncodeToString(mac(stamp, ".", body)))
}

func (s *stage) hubSpot(body string) reply {
	s.t.Helper()
	stamp := strconv.FormatInt(s.clock().UnixMilli(), 10)
	return s.post("/webhooks/hubspot", set("X-HubSpot-Signature-v3", encode(mac("POST", publicURL, "/webhooks/hubspot", body, stamp)),
		"X-HubSpot-Request-Timestamp", stamp), body)
}

func (s *stage) twilio(path string, form url.Values) reply {
	s.t.Helper()
	sum := hmac.New(sha1.New, []byte(secret))
	sum.Write([]byte(publicURL + path))
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		sum.Write([]byte(key + form.Get(key)))
	}
	return s.post(path, set("X-Twilio-Signature", encode(sum.Sum(nil)), "Content-Type", "application/x-www-form-urlencoded"), form.Encode())
}

func (s *stage) sendGridPost(body string) reply {
	s.t.Helper()
	stamp := strconv.FormatInt(s.clock().Unix(), 10)
	digest := sha256.Sum256([]byte(stamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, s.sendGrid, digest[:])
	require.NoError(s.t, err)
	return s.post("/webhooks/sendgrid", set("X-Twilio-Email-Event-Webhook-Signature", encode(signature), "X-Twilio-Email-Event-Webhook-Timestamp", stamp), body)
}

func (s *stage) guest(kind, id, body string) reply {
	s.t.Helper()
	stamp := strconv.FormatInt(s.clock().Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(s.t, err)
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(id + "." + stamp + "." + body))
	return s.post("/webhooks/guest/"+kind, set("webhook-id", id, "webhook-timestamp", stamp, "webhook-signature", "v1,"+encode(sum.Sum(nil))), body)
}

func paid(event, workflow string) string {
	return `{"id":"` + event + `","type":"payment_intent.succeeded","created":1803978000,"data":{"object":{"id":"pi_1","metadata":{"workflowId":"` + workflow + `"}}}}`
}

// scrape returns the metrics as Prometheus sees them.
func (s *stage) scrape() string {
	s.t.Helper()
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}

func (s *stage) counted(provider, kind, decision string, times int) {
	s.t.Helper()
	require.Contains(s.t, s.scrape(), `guestjourney_webhook_events_total{decision="`+decision+`",provider="`+provider+`",type="`+kind+`"} `+strconv.Itoa(times)+"\n")
}

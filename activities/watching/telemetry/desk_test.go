package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/provider"
	"guestjourney/activities/provider/providertest"
	"guestjourney/activities/watching"
	"guestjourney/activities/watching/conformance"
	"guestjourney/activities/watching/telemetry"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/control"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
)

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// process is the telemetry process's own handler and store, behind a server that
// can be made to fail.
type process struct {
	kept *store.Store
	url  string
	down atomic.Bool
}

func start(t *testing.T) *process {
	t.Helper()
	kept := storetest.Open(t, store.Config{})
	verifier, err := verify.NewStandard(secret)
	require.NoError(t, err)
	mux := http.NewServeMux()
	control.New(control.Config{Store: kept, Verifier: verifier, Changed: func() {}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}).Routes(mux)
	p := &process{kept: kept}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *process) deviceOf(session string) string {
	assignment, err := p.kept.DeviceOf(context.Background(), session)
	if errors.Is(err, store.ErrNotFound) {
		return ""
	}
	return assignment.Device
}

func desk(t *testing.T, url, secret string) *telemetry.Desk {
	t.Helper()
	out, err := provider.New(provider.Config{Name: telemetry.Name, BaseURL: url, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(out.Close)
	made, err := telemetry.New(secret, out)
	require.NoError(t, err)
	return made
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Harness {
		p := start(t)
		return conformance.Harness{Desk: desk(t, p.url, secret), DeviceOf: p.deviceOf, Down: func(down bool) { p.down.Store(down) }}
	})
}

// TestAPageIsConfirmedByItsTransition: and one that is not known is an error, which
// holds nobody up.
func TestAPageIsConfirmedByItsTransition(t *testing.T) {
	p := start(t)
	d := desk(t, p.url, secret)
	session := watching.Session{
		Session: "session/s1", Device: "monitor-7", Since: time.Now().UTC(), Room: "3",
		Protocol: watching.Protocol{Code: "PRG-07", SignedBy: "dr-sol", SignedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	require.NoError(t, d.Watch(t.Context(), options.Effect{}, session))
	owned, err := p.kept.Acquire(t.Context(), session.Session)
	require.NoError(t, err)
	_, err = p.kept.Commit(t.Context(), owned.Lease, store.Progress{Transitions: []store.Transition{{Number: 1, Payload: []byte("{}"), PageKey: "s1/1"}}})
	require.NoError(t, err)

	at := time.Now().UTC().Truncate(time.Second)
	require.NoError(t, d.Handed(t.Context(), session.Session, 1, at))
	entries, err := p.kept.Transitions(t.Context(), session.Session, 0, 10)
	require.NoError(t, err)
	require.True(t, at.Equal(entries[0].HandedAt), entries[0].HandedAt)
	require.False(t, entries[0].Fallback)
	require.Error(t, d.Handed(t.Context(), session.Session, 2, at))
}

func TestAnotherSecretIsRefused(t *testing.T) {
	p := start(t)
	err := desk(t, p.url, "whsec_YW5vdGhlciBzZWNyZXQgb2YgMzIgYnl0ZXMsIG5vIG1vcmU=").End(t.Context(), options.Effect{}, watching.End{Session: "session/s1", At: time.Now()})
	var failed *failure.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, http.StatusUnauthorized, failed.Status)
	require.False(t, failed.Class.Retryable())
	require.NotContains(t, failed.Error(), "YW5vdGhlc")
}

func TestClassesOfEveryCall(t *testing.T) {
	providertest.Classes(t, telemetry.Name, nil, func(ctx context.Context, out *provider.Client) error {
		d, err := telemetry.New(secret, out)
		require.NoError(t, err)
		return d.Watch(ctx, options.Effect{}, watching.Session{Session: "session/s1", Device: "monitor-7"})
	})
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	out, err := provider.New(provider.Config{Name: telemetry.Name})
	require.NoError(t, err)
	for _, wrong := range []string{"", "whsec_*"} {
		_, err := telemetry.New(wrong, out)
		require.ErrorContains(t, err, "the secret cannot be read")
	}
	_, err = telemetry.New(secret, nil)
	require.ErrorContains(t, err, "no provider client")
	d, err := telemetry.New(secret, out)
	require.NoError(t, err)
	require.ErrorContains(t, d.End(t.Context(), options.Effect{}, watching.End{Session: "journey/j1"}), "want the ID of a session")
}

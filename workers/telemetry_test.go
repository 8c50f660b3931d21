package main

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/control"
	"guestjourney/webhookproxy/telemetry/record"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
)

const telemetrySecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// telemetryProcess is what the telemetry process answers the worker, with a store
// of its own. Most lines make no call to it, so an example that does opens it
// first: making the tables within a call would count as the call's time.
type telemetryProcess struct {
	t    *testing.T
	kept *store.Store
	mux  *http.ServeMux
}

func (p *telemetryProcess) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.mux == nil {
		http.Error(w, "the example did not open the telemetry process", http.StatusNotImplemented)
		return
	}
	p.mux.ServeHTTP(w, r)
}

func (p *telemetryProcess) open() {
	p.t.Helper()
	p.kept = storetest.Open(p.t, store.Config{})
	verifier, err := verify.NewStandard(telemetrySecret)
	require.NoError(p.t, err)
	p.mux = http.NewServeMux()
	quiet := slog.New(slog.DiscardHandler)
	control.New(control.Config{Store: p.kept, Verifier: verifier, Changed: func() {}, Now: time.Now, Logger: quiet, Record: record.Handler(p.kept, quiet)}).Routes(p.mux)
}

// assigned are the devices of sessions that last.
func (p *telemetryProcess) assigned() map[string]int {
	if p.kept == nil {
		return nil
	}
	sessions, err := p.kept.Sessions(context.Background())
	require.NoError(p.t, err)
	devices := map[string]int{}
	for _, session := range sessions {
		devices[session.Session+" "+session.Device]++
	}
	return devices
}

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The providers, which are also their path prefixes.
const (
	providerStripe   = "stripe"
	providerTwilio   = "twilio"
	providerSendGrid = "sendgrid"
	providerHubSpot  = "hubspot"
	providerGoogle   = "google"
	providerGuest    = "guest" // the guest's own webhooks
)

var providerNames = []string{providerStripe, providerTwilio, providerSendGrid, providerHubSpot, providerGoogle}

// Server is a sandbox. Close it to stop its sender and close its files.
type Server struct {
	config Config
	mux    *http.ServeMux
	client *http.Client // posts webhooks

	mu       sync.Mutex // guards everything below
	store    *store
	journal  journal
	faults   []*Fault
	delivery DeliveryOptions
	waiting  []string // IDs of pending deliveries that are not under way

	deliveries *table[delivery]
	stripe     stripeState
	twilio     twilioState
	sendgrid   sendgridState
	hubspot    hubspotState
	google     googleState

	wake    chan struct{}
	sending sync.WaitGroup
	stop    context.CancelFunc
	stopped chan struct{}
}

// New makes a sandbox and starts its sender of webhooks.
func New(config Config) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, mux: http.NewServeMux(), store: &store{tables: map[string]replayable{}},
		wake: make(chan struct{}, 1), stopped: make(chan struct{}),
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.deliveries = newTable[delivery](s.store, "deliveries")
	s.stripeTables()
	s.twilioTables()
	s.sendgridTables()
	s.hubspotTables()
	s.googleTables()
	if err := s.openFiles(); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	s.routes()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() {
		defer close(s.stopped)
		s.run(ctx)
		s.sending.Wait()
	}()
	return s, nil
}

func (s *Server) routes() {
	s.stripeRoutes()
	s.twilioRoutes()
	s.sendgridRoutes()
	s.hubspotRoutes()
	s.googleRoutes()
	s.controlRoutes()
	s.pageRoutes()
}

func (s *Server) openFiles() error {
	state, calls := "", ""
	if s.config.Dir != "" {
		if err := os.MkdirAll(s.config.Dir, 0o700); err != nil {
			return fmt.Errorf("sandbox: make its folder: %w", err)
		}
		state, calls = filepath.Join(s.config.Dir, "state.jsonl"), filepath.Join(s.config.Dir, "journal.jsonl")
	}
	if err := errors.Join(s.store.open(state), s.journal.open(calls)); err != nil {
		return err
	}
	for sent := range s.deliveries.all() {
		if sent.State == WebhookPending {
			s.waiting = append(s.waiting, sent.ID)
		}
	}
	return nil
}

func (s *Server) closeFiles() error { return errors.Join(s.store.close(), s.journal.close()) }

// Handler serves the providers, the pages and the control API.
func (s *Server) Handler() http.Handler { return s.mux }

// SetBaseURL says where the sandbox is reached, once its address is known.
func (s *Server) SetBaseURL(base string) error {
	if err := checkURL("BaseURL", base); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.BaseURL = base
	return nil
}

// Close stops the sender: posts under way are cut off and stay pending. Call
// it after the HTTP server has stopped, and once.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	select {
	case <-s.stopped:
	case <-ctx.Done():
		return fmt.Errorf("sandbox: its sender of webhooks has not stopped: %w", ctx.Err())
	}
	s.client.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeFiles()
}

func (s *Server) now() time.Time { return s.config.Clock().UTC() }

// Run serves a sandbox at addr until the context ends, then stops cleanly.
func Run(ctx context.Context, config Config, addr string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("sandbox: listen on %s: %w", addr, err)
	}
	if config.BaseURL == "" {
		config.BaseURL = "http://" + listener.Addr().String()
	}
	sandbox, err := New(config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler: sandbox.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(sandbox.config.Logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	sandbox.config.Logger.Info("sandbox listens", "addr", listener.Addr().String())
	select {
	case err = <-failed:
		err = fmt.Errorf("sandbox: serve: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(stopping), sandbox.Close(stopping))
}

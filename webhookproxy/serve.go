package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
)

// Limits of a connection. Echo and net/http set none by themselves. A write may
// take as long as the slowest body and the longest budget together.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 30 * time.Second
	maxHeaderBytes    = 32 << 10
	maxConnections    = 512
)

// drainTimeout is how long requests under way may take after a stop: more than
// the longest budget of a provider, less than the ten seconds in which the
// whole program is gone.
const drainTimeout = 9 * time.Second

type listener struct {
	name     string
	variable string // moves it elsewhere
	address  string
	handler  http.Handler
}

// serve opens all listeners before it serves any, and returns when the context
// has ended and every request under way has been answered.
func serve(ctx context.Context, logger *slog.Logger, listeners ...listener) error {
	opened := make([]net.Listener, 0, len(listeners))
	for _, l := range listeners {
		socket, err := new(net.ListenConfig).Listen(ctx, "tcp", l.address)
		if err != nil {
			for _, earlier := range opened {
				_ = earlier.Close() // nothing has been served on it
			}
			return fmt.Errorf("cannot listen on %s for %s; %s moves it: %w", l.address, l.name, l.variable, err)
		}
		opened = append(opened, socket)
	}
	group, ctx := errgroup.WithContext(ctx)
	for i, l := range listeners {
		server := newServer(l.handler, logger)
		logger.Info("listening", "for", l.name, "address", opened[i].Addr().String())
		group.Go(func() error { return serveOne(server, opened[i], maxConnections) })
		group.Go(func() error { return drain(ctx, server) })
	}
	return group.Wait()
}

func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

func serveOne(server *http.Server, socket net.Listener, connections int) error {
	if err := server.Serve(netutil.LimitListener(socket, connections)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", socket.Addr(), err)
	}
	return nil
}

// drain waits for the end of the context, then for the requests under way.
func drain(ctx context.Context, server *http.Server) error {
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		_ = server.Close() // the timeout is what is reported
		return fmt.Errorf("requests were still under way %s after the stop: %w", drainTimeout, err)
	}
	return nil
}

// metricsOf is what the listener of metrics serves.
func metricsOf(registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// Package devserver starts a real Temporal server for a test.
//
// Called by tests only. It owns which binary is used, the server's flags, the
// namespace and the search attributes, so that every test runs on the server
// that `make run` starts. It promises that a missing binary is a failure that
// says what to do, never a skipped test, and that a server that came up does
// not outlive its test.
package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// Namespace is registered on every server.
const Namespace = "guest-journeys"

// startTimeout is how long a server may take to come up on a busy machine.
const startTimeout = time.Minute

// Settings change a server; the zero value serves most tests.
type Settings struct {
	// File keeps the data over a restart; empty means memory.
	File string
	// HostPort fixes the address, so that a second server takes the place of a
	// first; empty means a free port.
	HostPort string
	// ExtraArgs come after the usual ones.
	ExtraArgs []string
}

// Server is a running server.
type Server struct {
	HostPort string
	// Options connect to it: address and namespace. A test that needs the
	// codec or request IDs dials with internal/temporalclient instead.
	Options client.Options

	process *testsuite.DevServer
	stopped bool
}

// Start starts a server that lives as long as the test.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartWith(t, Settings{})
}

// StartWith is Start with settings.
func StartWith(t testing.TB, settings Settings) *Server {
	t.Helper()
	binary, err := find()
	if err != nil {
		t.Fatal(err)
	}
	options := client.Options{HostPort: settings.HostPort, Namespace: Namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	process, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: binary, ClientOptions: &options, DBFilename: settings.File, LogLevel: "error",
		ExtraArgs: slices.Concat(Flags(), searchAttributeFlags(), settings.ExtraArgs), Stdout: os.Stderr, Stderr: os.Stderr,
	})
	if err != nil {
		t.Fatalf("devserver: %s did not start: %v", binary, err)
	}
	options.HostPort = process.FrontendHostPort()
	server := &Server{HostPort: options.HostPort, Options: options, process: process}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("devserver: %v", err)
		}
	})
	return server
}

// Command is the same server as a program that the test starts, kills and starts
// again by itself, on a fixed address with a file. Whoever starts it waits until
// it answers, and ends it.
func Command(t testing.TB, settings Settings) *exec.Cmd {
	t.Helper()
	binary, err := find()
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(settings.HostPort)
	if err != nil {
		t.Fatalf("devserver: HostPort: %v", err)
	}
	arguments := []string{
		"server", "start-dev", "--ip", host, "--port", port, "--namespace", Namespace, "--headless", "--log-level", "error",
		"--db-filename", settings.File, "--dynamic-config-value", "frontend.enableServerVersionCheck=false",
	}
	return exec.Command(binary, slices.Concat(arguments, Flags(), searchAttributeFlags(), settings.ExtraArgs)...)
}

// Client is a plain client of the server's. The server closes it.
func (s *Server) Client() client.Client { return s.process.Client() }

// Stop ends the server before the test does; a second Stop does nothing.
func (s *Server) Stop() error {
	if s.stopped {
		return nil
	}
	s.stopped = true
	s.process.Client().Close()
	// An interrupted server exits with a status that is no failure of the test.
	var exit *exec.ExitError
	if err := s.process.Stop(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("stop the server at %s: %w", s.HostPort, err)
	}
	return nil
}

// find looks for the binary: TEMPORAL_CLI, the PATH, ./bin of the repository.
func find() (string, error) {
	if named := os.Getenv("TEMPORAL_CLI"); named != "" {
		if err := isProgram(named); err != nil {
			return "", fmt.Errorf("devserver: TEMPORAL_CLI: %w", err)
		}
		return named, nil
	}
	if found, err := exec.LookPath("temporal"); err == nil {
		return found, nil
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	built := filepath.Join(root, "bin", "temporal")
	if isProgram(built) != nil {
		return "", errors.New("devserver: there is no `temporal` on the PATH or in ./bin: run `make tools`, or set TEMPORAL_CLI to the program")
	}
	return built, nil
}

func isProgram(path string) error {
	about, err := os.Stat(path)
	if err != nil {
		return err
	}
	if about.IsDir() || about.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is no program", path)
	}
	return nil
}

// repository is the folder of go.mod, above the test's own.
func repository() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("devserver: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder || strings.TrimSpace(parent) == "" {
			return "", errors.New("devserver: no go.mod above the test's folder")
		}
		folder = parent
	}
}

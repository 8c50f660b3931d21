package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"guestjourney/activities/provider"
	"guestjourney/internal/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// records keeps the log lines of a client.
type records struct{ logtest.Log }

func (r *records) lines(t *testing.T) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range bytes.Lines([]byte(r.String())) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal(line, &fields))
		found = append(found, fields)
	}
	return found
}

// client makes a client with a log at debug level; change may alter its
// configuration.
func client(t *testing.T, base string, change ...func(*provider.Config)) (*provider.Client, *records) {
	t.Helper()
	log := &records{}
	config := provider.Config{
		Name: "stripe", BaseURL: base,
		Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, alter := range change {
		alter(&config)
	}
	made, err := provider.New(config)
	require.NoError(t, err)
	t.Cleanup(made.Close)
	return made, log
}

// server answers every request with handler.
func server(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	made := httptest.NewServer(handler)
	t.Cleanup(made.Close)
	return made
}

// listener takes connections and hands each to serve; it is gone when the test
// ends.
func listener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	made, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			connection, err := made.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { serve(connection); _ = connection.Close() })
		}
	})
	t.Cleanup(func() { _ = made.Close(); wait.Wait() })
	return "http://" + made.Addr().String()
}

// readRequest reads until the request's end, which is its first empty line:
// the requests of these tests have short bodies in the same packet.
func readRequest(connection net.Conn) {
	seen := make([]byte, 0, 4096)
	for !bytes.Contains(seen, []byte("\r\n\r\n")) {
		part := make([]byte, 4096)
		n, err := connection.Read(part)
		if err != nil {
			return
		}
		seen = append(seen, part[:n]...)
	}
}

// reset closes a connection with RST instead of FIN.
func reset(connection net.Conn) {
	_ = connection.(*net.TCPConn).SetLinger(0)
	_ = connection.Close()
}

// hang waits until the other side is gone.
func hang(connection net.Conn) { _, _ = io.Copy(io.Discard, connection) }

// post makes one POST as an SDK would: through the HTTP client, with a context
// of its own that knows nothing.
func post(ctx context.Context, t *testing.T, c *provider.Client, address string) (*provider.Trace, int, error) {
	t.Helper()
	trace := &provider.Trace{Operation: "things.create"}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, bytes.NewReader([]byte(`{"email":"ana@example.com"}`)))
	require.NoError(t, err)
	request.Header.Set("Idempotency-Key", "key")
	answer, err := c.HTTPClient(ctx, trace).Do(request)
	if err != nil {
		return trace, 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.ReadAll(answer.Body); err != nil {
		return trace, 0, err
	}
	return trace, answer.StatusCode, nil
}

func short(config *provider.Config) { config.Timeout = 50 * time.Millisecond }

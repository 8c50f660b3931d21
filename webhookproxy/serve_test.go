package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServerHasEveryLimit(t *testing.T) {
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	require.Equal(t, 5*time.Second, server.ReadHeaderTimeout)
	require.Equal(t, 15*time.Second, server.ReadTimeout)
	require.Equal(t, 32<<10, server.MaxHeaderBytes)
	require.Positive(t, server.IdleTimeout)
	require.Greater(t, server.WriteTimeout, server.ReadTimeout+8*time.Second, "the slowest body and the longest budget")
	require.Less(t, drainTimeout, 10*time.Second)
	require.Greater(t, drainTimeout, 8*time.Second, "the longest budget")
}

// hurried serves with the limits of time a hundred times shorter.
func hurried(t *testing.T, handler http.Handler, connections int) (address string) {
	t.Helper()
	server := newServer(handler, slog.New(slog.DiscardHandler))
	for _, limit := range []*time.Duration{&server.ReadHeaderTimeout, &server.ReadTimeout, &server.WriteTimeout, &server.IdleTimeout} {
		*limit /= 100
	}
	socket, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() { _ = serveOne(server, socket, connections) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return socket.Addr().String()
}

func dial(t *testing.T, address, say string) net.Conn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	_, err = io.WriteString(connection, say)
	require.NoError(t, err)
	require.NoError(t, connection.SetReadDeadline(time.Now().Add(10*time.Second)))
	return connection
}

// Who sends a header or a body drop by drop is cut off, however long they would
// go on; so is who sends nothing.
func TestWhoSendsDropByDropIsCutOff(t *testing.T) {
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	for name, begun := range map[string]string{
		"nothing": "", "a header": "POST /webhooks/stripe HTTP/1.1\r\nHost: h\r\nX-Slow: ",
		"a body": "POST /webhooks/stripe HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			connection := dial(t, hurried(t, read, maxConnections), begun)
			dripping := make(chan struct{})
			go func() {
				defer close(dripping)
				for begun != "" {
					if _, err := io.WriteString(connection, "x"); err != nil {
						return
					}
					time.Sleep(time.Millisecond) // this is how slow the sender is
				}
			}()
			_, err := io.ReadAll(connection)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it is still connected")
			_ = connection.Close()
			<-dripping
		})
	}
}

func TestAHeaderThatIsTooLargeIsRefused(t *testing.T) {
	served := false
	address := hurried(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }), maxConnections)
	connection := dial(t, address, "GET /healthz HTTP/1.1\r\nHost: h\r\nX-Large: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answer.StatusCode)
	require.False(t, served)
}

// More connections than there may be wait; they are served when others end.
func TestConnectionsAreBounded(t *testing.T) {
	entered, leave := make(chan struct{}, 3), make(chan struct{})
	address := hurried(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-leave
	}), 2)
	const ask = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	for range 3 {
		dial(t, address, ask)
	}
	<-entered
	<-entered
	select {
	case <-entered:
		t.Fatal("a third connection is served")
	case <-time.After(100 * time.Millisecond):
	}
	close(leave)
	<-entered
	require.Equal(t, 512, maxConnections)
}

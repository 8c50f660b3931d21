package providertest

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ways in which no request comes through.
const (
	Refused          = "refused"
	DNSFailure       = "DNS failure"
	ConnectTimeout   = "connect timeout"
	ResetBeforeWrite = "reset before write"
)

// Nowhere returns an address at which one of these ways waits for connections.
func Nowhere(t *testing.T, way string) string {
	t.Helper()
	switch way {
	case DNSFailure:
		return "http://nowhere.invalid" // RFC 6761: never a name
	case Refused:
		return "http://127.0.0.1:" + strconv.Itoa(closedPort(t))
	case ConnectTimeout:
		return "http://127.0.0.1:" + strconv.Itoa(deafPort(t))
	}
	require.Equal(t, ResetBeforeWrite, way, "a way that is not known here")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.(*net.TCPConn).SetLinger(0)
			_ = connection.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); work.Wait() })
	return "http://" + listener.Addr().String()
}

// Break ends the connection without an answer, with RST or with FIN.
func Break(w http.ResponseWriter, reset bool) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if reset {
		_ = connection.(*net.TCPConn).SetLinger(0)
	}
	_ = connection.Close()
}

// bound is a socket with a port of its own that does not listen yet.
func bound(t *testing.T) (socket, port int) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(socket) })
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := syscall.Getsockname(socket)
	require.NoError(t, err)
	return socket, name.(*syscall.SockaddrInet4).Port
}

func closedPort(t *testing.T) int {
	_, port := bound(t)
	return port
}

// deafPort listens, accepts nobody and has no room for another who waits: to
// connect takes until the caller gives up.
func deafPort(t *testing.T) int {
	socket, port := bound(t)
	require.NoError(t, syscall.Listen(socket, 0))
	waiting, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	require.NoError(t, err)
	t.Cleanup(func() { _ = waiting.Close() })
	return port
}

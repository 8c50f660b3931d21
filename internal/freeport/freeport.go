// Package freeport finds ports for the servers that tests start in processes of
// their own.
//
// Called by tests. It promises a port that nobody uses and that the system gives
// to nobody by itself: what listens on port 0, and every connection that is
// made, has a port of the ephemeral range, and would often take a port from there
// before the server that was meant to have it. The number fits a smallint, which
// the Temporal server's table of its members wants.
package freeport

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// The range below Linux' ephemeral ports (net.ipv4.ip_local_port_range, 32768
// to 60999) and above what is well known.
const (
	lowest = 12_000
	count  = 20_000
)

// next is where the search goes on. Test processes that run side by side begin
// at random places.
var next atomic.Uint32

func init() { next.Store(rand.Uint32N(count)) } //nolint:gosec // no secret depends on it

// Get returns the number of a free port of the loopback address.
func Get(t testing.TB) string {
	t.Helper()
	for range count {
		port := strconv.Itoa(lowest + int(next.Add(1)%count))
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatalf("freeport: close port %s: %v", port, err)
		}
		return port
	}
	t.Fatalf("freeport: no port from %d to %d is free", lowest, lowest+count-1)
	return ""
}

// Address returns 127.0.0.1 with a free port.
func Address(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", Get(t))
}

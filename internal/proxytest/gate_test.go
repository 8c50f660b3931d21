package proxytest

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// gate is the proxy's way to Temporal.
type gate struct {
	address, target string
	listener        net.Listener
	working         sync.WaitGroup

	mutex       sync.Mutex
	shut, deaf  bool
	connections map[net.Conn]bool
	swallowed   int // bytes of answers that were lost
}

func openGate(t *testing.T, target string) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gate{address: listener.Addr().String(), target: target, listener: listener, connections: map[net.Conn]bool{}}
	g.working.Go(g.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		g.set(true, false)
		g.working.Wait()
	})
	return g
}

// shutUp lets nothing through, as a broken line does.
func (g *gate) shutUp() { g.set(true, false) }

// deafen lets questions through and loses every answer: what Temporal is asked
// to do, it does, and nobody hears of it.
func (g *gate) deafen() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.deaf, g.swallowed = true, 0
}

// lost is how many bytes of answers were lost since the gate was deafened.
func (g *gate) lost() int {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.swallowed
}

// restore lets everything through again, on new connections.
func (g *gate) restore() { g.set(false, false) }

func (g *gate) set(shut, deaf bool) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.shut, g.deaf = shut, deaf
	for connection := range g.connections {
		_ = connection.Close()
	}
}

func (g *gate) accept() {
	for {
		connection, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.working.Go(func() { g.pass(connection) })
	}
}

// pass joins both ends until one of them goes.
func (g *gate) pass(proxy net.Conn) {
	defer g.forget(proxy)
	if !g.remember(proxy) {
		return
	}
	server, err := net.Dial("tcp", g.target)
	if err != nil {
		return
	}
	defer g.forget(server)
	if !g.remember(server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(ear{proxy, g}, server)
		_ = proxy.Close()
	})
	_, _ = io.Copy(server, proxy)
	_ = server.Close()
	back.Wait()
}

func (g *gate) remember(connection net.Conn) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.connections[connection] = true
	return !g.shut
}

func (g *gate) forget(connection net.Conn) {
	_ = connection.Close()
	g.mutex.Lock()
	defer g.mutex.Unlock()
	delete(g.connections, connection)
}

// ear is the proxy's end of a connection, as answers meet it.
type ear struct {
	net.Conn
	gate *gate
}

func (e ear) Write(answer []byte) (int, error) {
	e.gate.mutex.Lock()
	deaf := e.gate.deaf
	if deaf {
		e.gate.swallowed += len(answer)
	}
	e.gate.mutex.Unlock()
	if deaf {
		return len(answer), nil
	}
	return e.Conn.Write(answer)
}

package proxytest

import (
	"context"
	"maps"
	"net"
	"path"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// meter is a way to Temporal that counts the calls by their method.
type meter struct {
	address string
	mutex   sync.Mutex
	calls   counts
}

func openMeter(t *testing.T, target string) *meter {
	t.Helper()
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	handler, err := proxy.NewWorkflowServiceProxyServer(proxy.WorkflowServiceProxyOptions{Client: workflowservice.NewWorkflowServiceClient(connection)})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m := &meter{address: listener.Addr().String(), calls: counts{}}
	server := grpc.NewServer(grpc.UnaryInterceptor(m.count))
	workflowservice.RegisterWorkflowServiceServer(server, handler)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
		_ = connection.Close()
	})
	return m
}

func (m *meter) count(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	m.mutex.Lock()
	m.calls[path.Base(info.FullMethod)]++
	m.mutex.Unlock()
	return next(ctx, request)
}

// counted returns the calls since it was asked last.
func (m *meter) counted() counts {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	calls := maps.Clone(m.calls)
	clear(m.calls)
	return calls
}

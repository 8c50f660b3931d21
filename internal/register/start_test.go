package register_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/options"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows"
	"guestjourney/workflows/kit"
)

// temporal is the client of TestRegister's server. It is the programs' own, so
// that request IDs are set; payloads are in clear.
var temporal client.Client

func start(t *testing.T) {
	t.Helper()
	server := devserver.Start(t)
	connection, err := temporalclient.Dial(t.Context(), temporalclient.Options{Program: "test", Address: server.HostPort, Namespace: devserver.Namespace})
	require.NoError(t, err)
	temporal = connection
	t.Cleanup(connection.Close)
	serves := worker.New(connection, options.QueueJourneys, worker.Options{})
	workflows.Register(serves, kit.Policy{AllowPlaintext: func() bool { return true }})
	require.NoError(t, serves.Start())
	t.Cleanup(serves.Stop)
}

func newCounter() func() int64 {
	var n atomic.Int64
	return func() int64 { return n.Add(1) }
}

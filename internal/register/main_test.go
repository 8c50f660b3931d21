package register_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/options"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows"
	"guestjourney/workflows/kit"
)

// temporal is a real server's client; a worker with the real claims and
// profiles runs beside the tests.
var temporal client.Client

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path := os.Getenv("TEMPORAL_CLI")
	args := []string{}
	for _, sa := range []string{"Stage=Keyword", "MoneyState=Keyword", "ClearanceState=Keyword", "ControlState=Keyword", "ProgramCode=Keyword", "Owner=Keyword", "GuestRef=Keyword", "NextDeadline=Datetime", "ArrivalAt=Datetime", "Attention=KeywordList", "TestJourney=Bool"} {
		args = append(args, "--search-attribute", sa)
	}
	server, err := testsuite.StartDevServer(context.Background(), testsuite.DevServerOptions{ExistingPath: path, LogLevel: "error", ExtraArgs: args,
		ClientOptions: &client.Options{Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Stop()
	temporal, err = temporalclient.Dial(context.Background(), temporalclient.Options{Address: server.FrontendHostPort(), Namespace: "default"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer temporal.Close()
	w := worker.New(temporal, options.QueueJourneys, worker.Options{})
	workflows.Register(w, kit.Policy{AllowPlaintext: func() bool { return true }})
	if err := w.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer w.Stop()
	_ = filepath.Join
	return m.Run()
}

func newCounter() func() int64 {
	var n atomic.Int64
	return func() int64 { return n.Add(1) }
}

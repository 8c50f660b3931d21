// Command workers is the worker process: it runs the workflows and the
// activities, and is the one place where a capability meets its vendor.
//
// It owns the wiring (adapters to ports, ports to task queues) and the order of
// starting and stopping. It promises to refuse a bad configuration with one
// line that names the variable, and to stop within STOP_TIMEOUT: what runs may
// finish, what does not is Temporal's to try again.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"guestjourney/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Stderr))
}

// run is the program: it returns the exit code.
func run(ctx context.Context, log io.Writer) int {
	set, err := config.Load[settings]()
	if err == nil {
		err = serve(ctx, set, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: set.LogLevel})))
	}
	if err != nil {
		// The exit code still tells if this cannot be written.
		_, _ = fmt.Fprintln(log, "workers: "+strings.Join(strings.Fields(err.Error()), " "))
	}
	return config.ExitCode(err)
}

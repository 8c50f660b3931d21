// Webhookproxy turns providers' webhooks into signals of workflows: it reads,
// verifies, routes, makes durable, and only then answers. As `webhookproxy
// telemetry` it is another process, which takes monitors' readings and watches
// sessions; the two share nothing but this binary.
//
// Run by an operator or by the demo. It owns the listeners and the order in
// which the parts stop. It promises that a wrong setting is one line and exit
// code 2, that it starts and answers 503 while Temporal is away, and that
// SIGTERM and SIGINT let requests under way finish before the client closes.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"guestjourney/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	err := program(ctx, logger, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webhookproxy:", err)
		os.Exit(config.ExitCode(err))
	}
}

var errUsage = &config.Error{Problems: []string{"want no argument for webhooks, or the word telemetry for monitors' readings"}}

// program runs the one that is named.
func program(ctx context.Context, logger *slog.Logger, arguments []string) error {
	switch {
	case len(arguments) == 0:
		return run(ctx, logger)
	case len(arguments) == 1 && arguments[0] == "telemetry":
		return runTelemetry(ctx, logger)
	}
	return errUsage
}

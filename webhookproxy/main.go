// Webhookproxy turns providers' webhooks into signals of workflows: it reads,
// verifies, routes, makes durable, and only then answers.
//
// Run by an operator or by the demo. It owns the two listeners and the order in
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
	err := run(ctx, logger)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webhookproxy:", err)
		os.Exit(config.ExitCode(err))
	}
}

package dev

import (
	"io"
	"log/slog"

	sdklog "go.temporal.io/sdk/log"
)

// quiet drops the Temporal client's lines: what matters comes back as an error.
var quiet = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))

func logger(to io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(to, nil)) }

package dev

import (
	"io"
	"log/slog"
)

func logger(to io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(to, nil)) }

// Package trouble says once what is wrong with something that is tried again and
// again.
//
// Called by the loops of the telemetry process. It owns what was said last, and
// promises one log line for each state: not at every try, and again when the same
// comes back after it was right.
package trouble

import (
	"log/slog"
)

// Trouble is that of one thing. It is not for several goroutines at once.
type Trouble struct {
	logger *slog.Logger
	what   string
	last   string
}

// New makes one; what is the line's message.
func New(logger *slog.Logger, what string) *Trouble { return &Trouble{logger: logger, what: what} }

// Say takes the outcome of a try; nil is right.
func (t *Trouble) Say(err error) {
	if err == nil {
		t.last = ""
		return
	}
	if text := err.Error(); text != t.last {
		t.logger.Error(t.what, "error", text)
		t.last = text
	}
}

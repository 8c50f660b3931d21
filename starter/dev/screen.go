package dev

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// screen prints what happens, one line each, with the time since the start.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	since time.Time
}

func newScreen(out io.Writer) *screen { return &screen{out: out, since: time.Now()} }

// happening is one line for the screen.
type happening struct {
	at   time.Time
	kind string
	text string
}

func (s *screen) line(kind, format string, values ...any) {
	s.show([]happening{{time.Now(), kind, fmt.Sprintf(format, values...)}})
}

// show prints what happened since the last look, in the order in which it did.
func (s *screen) show(list []happening) {
	slices.SortStableFunc(list, func(a, b happening) int { return a.at.Compare(b.at) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range list {
		// A terminal that is gone must not end the house before it is cleaned up.
		_, _ = fmt.Fprintf(s.out, "%7.1fs  %-9s %s\n", one.at.Sub(s.since).Seconds(), one.kind, one.text)
	}
}

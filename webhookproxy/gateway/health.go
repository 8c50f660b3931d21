package gateway

import (
	"context"
	"sync"
	"time"
)

const (
	// healthFresh is how long an answer serves: a probe must not become load.
	healthFresh = time.Second
	// healthPatience is how long Temporal may take to answer.
	healthPatience = 2 * time.Second
)

// health remembers for a moment whether Temporal is there. Without an inbox of
// its own the proxy is ready only while Temporal is.
type health struct {
	check func(context.Context) error
	now   func() time.Time

	mutex sync.Mutex
	asked time.Time
	last  error
}

// ok asks, or repeats the last answer; probes that come together ask once.
func (h *health) ok(ctx context.Context) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if now := h.now(); h.asked.IsZero() || now.Sub(h.asked) >= healthFresh || now.Before(h.asked) {
		// A probe that hangs up must not be remembered as Temporal's failure.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthPatience)
		defer cancel()
		h.last, h.asked = h.check(ctx), now
	}
	return h.last == nil
}

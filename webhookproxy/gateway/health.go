package gateway

import (
	"context"
	"sync"
	"time"
)

const (
	// healthFresh is how long an answer serves: a probe must not become load.
	healthFresh = time.Second
	// healthPatience is how long the inbox may take to answer.
	healthPatience = 2 * time.Second
)

// health remembers for a moment whether the inbox can be written. Temporal is
// not asked: a proxy that was taken out of service because of it could not keep
// what comes meanwhile.
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
		// A probe that hangs up must not be remembered as the inbox's failure.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthPatience)
		defer cancel()
		h.last, h.asked = h.check(ctx), now
	}
	return h.last == nil
}

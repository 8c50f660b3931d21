package forward

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guestjourney/internal/inbox"
)

// depth is how much the inbox holds, read when somebody asks.
type depth struct{ store inbox.Store }

var (
	describeEvents = prometheus.NewDesc("guestjourney_inbox_events", "Events in the proxy's inbox: waiting for Temporal, or dead letters.", []string{"provider", "state"}, nil)
	describeAge    = prometheus.NewDesc("guestjourney_inbox_oldest_seconds", "Age of the oldest event that waits for Temporal.", []string{"provider"}, nil)
	describeFull   = prometheus.NewDesc("guestjourney_inbox_kept_back", "Events that wait because too many of their provider are unrouted.", []string{"provider"}, nil)
)

// askPatience bounds the reading for one scrape.
const askPatience = 2 * time.Second

// Describe implements prometheus.Collector.
func (d *depth) Describe(to chan<- *prometheus.Desc) {
	to <- describeEvents
	to <- describeAge
	to <- describeFull
}

// Collect implements prometheus.Collector. An inbox that cannot be read has no
// figures; /readyz says why.
func (d *depth) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askPatience)
	defer cancel()
	stats, err := d.store.Stats(ctx)
	if err != nil {
		return
	}
	for _, one := range stats.Providers {
		gauge := func(describe *prometheus.Desc, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(describe, prometheus.GaugeValue, value, append([]string{one.Provider}, labels...)...)
		}
		gauge(describeEvents, float64(one.Waiting), string(inbox.Waiting))
		gauge(describeEvents, float64(one.Dead), string(inbox.Dead))
		gauge(describeAge, one.OldestAge.Seconds())
		gauge(describeFull, float64(one.Reasons["too_many_unrouted"]))
	}
}

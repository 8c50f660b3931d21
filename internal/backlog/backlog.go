// Package backlog measures what should not be there: workflows whose deadline
// has passed without its consequence, and workflows that wait for a person.
//
// Run by the worker, whose metrics listener serves the figures; the rules in
// deploy/alerts.yml read them. It owns the names of these metrics and asks
// Temporal's visibility for their values. It promises that a figure is never
// older than the last measurement: one that fails takes the figures away,
// counts as a failure and is logged once until it succeeds again. It never ends
// the process. Every worker of a fleet measures the same; rules take the max.
package backlog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// patience bounds one measurement.
const patience = 20 * time.Second

// Gauges are the figures of the last measurement, a prometheus.Collector.
type Gauges struct {
	visibility Visibility
	types      []string
	logger     *slog.Logger

	mutex    sync.Mutex
	figures  map[string]figures // by workflow type; nil: unknown
	measured time.Time          // the last success
	failures int
}

// New makes the gauges of these workflow types. They are unknown until Run has
// measured.
func New(visibility Visibility, types []string, logger *slog.Logger) *Gauges {
	return &Gauges{visibility: visibility, types: types, logger: logger}
}

// Run measures now and after every interval, until the context ends.
func (g *Gauges) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		g.update(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (g *Gauges) update(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := measure(bounded, g.visibility, g.types, time.Now())
	if ctx.Err() != nil {
		return // stopped in the middle: neither a figure nor a failure
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	known := g.figures != nil
	g.figures = found
	switch {
	case err != nil:
		g.failures++
		if known || g.failures == 1 {
			g.logger.Warn("backlog cannot be measured", "error", err.Error())
		}
	default:
		g.measured = time.Now()
		if !known && g.failures > 0 {
			g.logger.Info("backlog is measured again")
		}
	}
}

var (
	pastDue = prometheus.NewDesc("guestjourney_past_due",
		"Open workflows whose next deadline passed more than 10 minutes ago.", []string{"workflow_type"}, nil)
	attention = prometheus.NewDesc("guestjourney_attention",
		"Open workflows that wait for a person.", []string{"workflow_type"}, nil)
	parked = prometheus.NewDesc("guestjourney_parked",
		"Open workflows with a parked step.", []string{"workflow_type"}, nil)
	measuredAt = prometheus.NewDesc("guestjourney_backlog_measured_timestamp_seconds",
		"When the figures were measured last, 0 for never; the figures are missing after a failure.", nil, nil)
	failed = prometheus.NewDesc("guestjourney_backlog_failures_total",
		"Measurements that failed.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(into chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{pastDue, attention, parked, measuredAt, failed} {
		into <- desc
	}
}

// Collect implements prometheus.Collector.
func (g *Gauges) Collect(into chan<- prometheus.Metric) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		into <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for name, counted := range g.figures {
		gauge(pastDue, float64(counted.pastDue), name)
		gauge(attention, float64(counted.attention), name)
		gauge(parked, float64(counted.parked), name)
	}
	at := 0.0
	if !g.measured.IsZero() {
		at = float64(g.measured.UnixMilli()) / 1000
	}
	gauge(measuredAt, at)
	into <- prometheus.MustNewConstMetric(failed, prometheus.CounterValue, float64(g.failures))
}

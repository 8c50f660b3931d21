// Package backlog measures what should not be there: workflows whose deadline
// has passed without its consequence, workflows that wait for a person, and tasks
// that wait for a worker.
//
// Run by the worker, whose metrics listener serves the figures; the rules in
// deploy/alerts.yml read them. It owns the names of these metrics and asks
// Temporal's visibility and its task queues for their values. It promises that a figure is never
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
	temporal Temporal
	watched  Watched
	logger   *slog.Logger

	mutex    sync.Mutex
	figures  map[string]figures // by workflow type; nil: unknown
	queues   map[line]waiting
	measured time.Time // the last success
	failures int
}

// Watched is what is measured.
type Watched struct {
	Types     []string // of workflows
	Namespace string   // of the queues
	Queues    []Queue
}

// New makes the gauges. They are unknown until Run has measured.
func New(temporal Temporal, watched Watched, logger *slog.Logger) *Gauges {
	return &Gauges{temporal: temporal, watched: watched, logger: logger}
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
	found, err := measure(bounded, g.temporal, g.watched.Types, time.Now())
	var queues map[line]waiting
	if err == nil {
		queues, err = measureQueues(bounded, g.temporal, g.watched)
	}
	if ctx.Err() != nil {
		return // stopped in the middle: neither a figure nor a failure
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	known := g.figures != nil
	g.figures, g.queues = found, queues
	switch {
	case err != nil:
		g.figures = nil
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
	retrying = prometheus.NewDesc("guestjourney_retrying",
		"Open workflows with a step that has tried again by itself for so long that an operator was told.", []string{"workflow_type"}, nil)
	queueDepth = prometheus.NewDesc("guestjourney_queue_depth",
		"Tasks that wait for a worker, about.", []string{"task_queue", "task_type"}, nil)
	queueAge = prometheus.NewDesc("guestjourney_queue_age_seconds",
		"How long the oldest task has waited for a worker, about; 0 if none waits.", []string{"task_queue", "task_type"}, nil)
	measuredAt = prometheus.NewDesc("guestjourney_backlog_measured_timestamp_seconds",
		"When the figures were measured last, 0 for never; the figures are missing after a failure.", nil, nil)
	failed = prometheus.NewDesc("guestjourney_backlog_failures_total",
		"Measurements that failed.", nil, nil)
)

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(into chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{pastDue, attention, parked, retrying, queueDepth, queueAge, measuredAt, failed} {
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
		gauge(retrying, float64(counted.retrying), name)
	}
	for of, tasks := range g.queues {
		gauge(queueDepth, float64(tasks.depth), of.queue, of.tasks)
		gauge(queueAge, tasks.age.Seconds(), of.queue, of.tasks)
	}
	at := 0.0
	if !g.measured.IsZero() {
		at = float64(g.measured.UnixMilli()) / 1000
	}
	gauge(measuredAt, at)
	into <- prometheus.MustNewConstMetric(failed, prometheus.CounterValue, float64(g.failures))
}

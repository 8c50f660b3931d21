package watch

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"guestjourney/webhookproxy/telemetry/detector"
)

// instruments are what is measured of watching. Labels are words of the detector.
type instruments struct {
	transitions metric.Int64Counter
	latency     metric.Float64Histogram
}

func newInstruments(meter metric.Meter, owned func() int64) (*instruments, error) {
	transitions, err := meter.Int64Counter("guestjourney_telemetry_transitions", metric.WithDescription("Transitions of alarms that were found."))
	if err != nil {
		return nil, err
	}
	latency, err := meter.Float64Histogram("guestjourney_telemetry_committed", metric.WithUnit("s"),
		metric.WithDescription("From the receipt of a batch to the commit of a transition that it caused."))
	if err != nil {
		return nil, err
	}
	_, err = meter.Int64ObservableGauge("guestjourney_telemetry_sessions", metric.WithDescription("Sessions that this process watches."),
		metric.WithInt64Callback(func(_ context.Context, to metric.Int64Observer) error {
			to.Observe(owned())
			return nil
		}))
	return &instruments{transitions: transitions, latency: latency}, err
}

// finding is a transition that is not committed yet, with when what caused it came
// in; zero if that was the time that passed.
type finding struct {
	detector.Transition
	received time.Time
}

func (i *instruments) committed(found []finding, now time.Time) {
	ctx := context.Background() // what is counted is bound to no call
	for _, one := range found {
		i.transitions.Add(ctx, 1, metric.WithAttributes(attribute.String("change", string(one.Change)),
			attribute.String("priority", one.Priority.String()), attribute.String("origin", string(one.Origin))))
		if !one.received.IsZero() {
			i.latency.Record(ctx, now.Sub(one.received).Seconds())
		}
	}
}

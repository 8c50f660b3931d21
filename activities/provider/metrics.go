package provider

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// instruments are what is measured of calls. Labels are names of our own tables,
// status classes, the providers' codes and our words for a broken connection.
type instruments struct {
	duration metric.Float64Histogram
	errors   metric.Int64Counter
}

func newInstruments(meter metric.Meter) (instruments, error) {
	if meter == nil {
		meter = noop.NewMeterProvider().Meter("")
	}
	duration, err := meter.Float64Histogram("guestjourney_provider_call", metric.WithUnit("s"),
		metric.WithDescription("One call, from the wait for its rate to the last byte of the answer."))
	if err != nil {
		return instruments{}, fmt.Errorf("metric of the calls' duration: %w", err)
	}
	failed, err := meter.Int64Counter("guestjourney_provider_errors",
		metric.WithDescription("Calls without an answer, by how they broke, and error answers, by the provider's own code or else the status."))
	if err != nil {
		return instruments{}, fmt.Errorf("metric of the failed calls: %w", err)
	}
	return instruments{duration: duration, errors: failed}, nil
}

// measure counts a call that is over.
func (a *attempt) measure(started time.Time, err error) {
	status, name := a.trace.Status(), attribute.String("provider", a.client.config.Name)
	// The call's own context may have ended; what is counted is not bound to it.
	ctx := context.WithoutCancel(a.ctx)
	a.client.instruments.duration.Record(ctx, time.Since(started).Seconds(), metric.WithAttributes(
		name, attribute.String("operation", a.trace.Operation), attribute.String("status_class", statusClass(status)),
	))
	var code string
	switch {
	case err != nil:
		code = kindOf(err)
	case status < http.StatusBadRequest:
		return
	case a.trace.Code() != "":
		code = a.trace.Code()
	default:
		code = fmt.Sprint(status)
	}
	a.client.instruments.errors.Add(ctx, 1, metric.WithAttributes(name, attribute.String("code", code)))
}

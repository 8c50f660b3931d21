package temporalclient

import (
	"fmt"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// TracingInterceptor carries a trace from client to workflow to activity. Only
// the IDs travel, in a header that Temporal keeps in clear: baggage could hold
// anything. A header that cannot be read starts a new trace; it must not fail a
// workflow. Queries are left out: they ask often and change nothing. What the
// spans say of an error is cut by package telemetry.
func TracingInterceptor(traces trace.TracerProvider) (interceptor.Interceptor, error) {
	return opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer:                  traces.Tracer("temporal-sdk-go"),
		TextMapPropagator:       propagation.TraceContext{},
		DisableBaggage:          true,
		DisableQueryTracing:     true,
		AllowInvalidParentSpans: true,
	})
}

// interceptors are the caller's, and that of the traces in front. A worker takes
// them over from its client.
func (o Options) interceptors() ([]interceptor.ClientInterceptor, error) {
	if o.Traces == nil {
		return o.Interceptors, nil
	}
	tracing, err := TracingInterceptor(o.Traces)
	if err != nil {
		return nil, fmt.Errorf("traces of the Temporal client: %w", err)
	}
	return append([]interceptor.ClientInterceptor{tracing}, o.Interceptors...), nil
}

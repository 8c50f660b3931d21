package gateway

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

func newTracer(traces trace.TracerProvider) trace.Tracer {
	if traces == nil {
		traces = noop.NewTracerProvider()
	}
	return traces.Tracer("guestjourney/webhookproxy/gateway")
}

// trace starts the span of a verified webhook; one that is refused has none. It
// continues the sender's trace if there is one, by its IDs: the sender's state
// and baggage could say anything.
func (g *Gateway) trace(ctx context.Context, in *request, header http.Header) (context.Context, trace.Span) {
	parent := propagation.MapCarrier{"traceparent": header.Get("traceparent")}
	ctx = propagation.TraceContext{}.Extract(ctx, parent)
	return g.tracer.Start(ctx, "webhook "+in.provider.Name, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(in.begun),
		trace.WithAttributes(attribute.String("provider", in.provider.Name)))
}

// traced ends the span with what was decided.
func traced(span trace.Span, decision string) {
	span.SetAttributes(attribute.String("decision", decision))
	if decision == decisionUnavailable {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

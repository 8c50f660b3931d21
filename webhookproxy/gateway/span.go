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

// newTracer says as well whether anybody looks at what it makes.
func newTracer(traces trace.TracerProvider) (tracer trace.Tracer, tracing bool) {
	if traces == nil {
		traces = noop.NewTracerProvider()
	}
	_, off := traces.(noop.TracerProvider)
	return traces.Tracer("guestjourney/webhookproxy/gateway"), !off
}

// trace starts the span of a verified webhook; one that is refused has none. It
// continues the sender's trace if there is one, by its IDs: the sender's state
// and baggage could say anything.
func (g *Gateway) trace(ctx context.Context, in *request, header http.Header) (context.Context, trace.Span) {
	if !g.tracing {
		return ctx, noop.Span{}
	}
	if parent := header.Get("Traceparent"); parent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
	}
	return g.tracer.Start(ctx, "webhook "+in.provider.Name, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(in.begun),
		trace.WithAttributes(attribute.String("provider", in.provider.Name)))
}

// traced ends the span with what was decided.
func traced(span trace.Span, decision string) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("decision", decision))
	if decision == decisionUnavailable {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

package provider

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// call is one request under way: what is written down when it is over.
type call struct {
	started time.Time
	span    trace.Span
	leave   func(outcome) // the circuit
}

// begin starts the call's span below the one in the context, the activity's.
// Without one, or with traces off, it records nothing. The provider is not told
// of the trace.
func (a *attempt) begin(leave func(outcome)) call {
	tracer := trace.SpanFromContext(a.ctx).TracerProvider().Tracer("guestjourney/activities/provider")
	provider, operation := a.client.config.Name, a.trace.Operation
	_, span := tracer.Start(a.ctx, provider+" "+operation, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("provider", provider), attribute.String("operation", operation),
	))
	return call{started: time.Now(), span: span, leave: leave}
}

// end writes the call's one line, ends its span and tells the circuit.
func (a *attempt) end(c call, err error) {
	a.log(c.started, err)
	a.measure(c.started, err)
	c.leave(a.outcome(err))
	status := a.trace.Status()
	c.span.SetAttributes(attribute.String("status_class", statusClass(status)))
	if err != nil || status >= 400 {
		c.span.SetStatus(codes.Error, "") // the cause may quote an address
	}
	c.span.End()
}

func statusClass(status int) string {
	switch {
	case status >= 500:
		return "5xx"
	case status >= 400:
		return "4xx"
	case status >= 300:
		return "3xx"
	case status >= 200:
		return "2xx"
	default:
		return "none"
	}
}

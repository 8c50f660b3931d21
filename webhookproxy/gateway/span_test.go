package gateway_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"guestjourney/webhookproxy/gateway"
	"guestjourney/webhookproxy/providers"
)

// TestTheSendersTraceGoesOn: a verified webhook continues the trace that it
// names, by its IDs alone; a refused one leaves no trace.
func TestTheSendersTraceGoesOn(t *testing.T) {
	const traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	memory := tracetest.NewInMemoryExporter()
	s := newStage(t, func(config *gateway.Config, _ *providers.Config) {
		config.Traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(memory))
	})
	var delivered trace.SpanContext
	s.port.set(func(ctx context.Context, _ providers.Signal) error {
		delivered = trace.SpanContextFromContext(ctx)
		return nil
	})
	body := paid("evt_1", "pay/p1")
	header := s.stripeHeader(body)
	header.Set("traceparent", "00-"+traceID+"-00f067aa0ba902b7-01")
	header.Set("tracestate", "canary=1")
	header.Set("baggage", "canary=1")
	require.Equal(t, http.StatusOK, s.post("/webhooks/stripe", header, body).status)

	require.Len(t, memory.GetSpans(), 1)
	span := memory.GetSpans()[0]
	require.Equal(t, "webhook stripe", span.Name)
	require.Equal(t, traceID, span.SpanContext.TraceID().String())
	require.Equal(t, "00f067aa0ba902b7", span.Parent.SpanID().String())
	require.Equal(t, span.SpanContext.SpanID(), delivered.SpanID(), "the signal is sent below it")
	require.Empty(t, span.SpanContext.TraceState().String())
	require.Len(t, span.Attributes, 2)

	header.Set("Stripe-Signature", "t=1,v1=00")
	require.Equal(t, http.StatusUnauthorized, s.post("/webhooks/stripe", header, body).status)
	require.Len(t, memory.GetSpans(), 1)

	// Without a trace of the sender's a new one begins; a failure is told.
	s.port.set(func(context.Context, providers.Signal) error { return gateway.ErrUnavailable })
	s.inbox.broken.Store(true)
	require.Equal(t, http.StatusServiceUnavailable, s.stripe(paid("evt_2", "pay/p1")).status)
	span = memory.GetSpans()[1]
	require.NotEqual(t, traceID, span.SpanContext.TraceID().String())
	require.Equal(t, codes.Error, span.Status.Code)
	require.Empty(t, span.Status.Description)
}

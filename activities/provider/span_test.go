package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"guestjourney/activities/provider"
)

// TestOneSpanACallWithoutAnythingPrivate: every call that ends has one span
// below the activity's, of three words; the provider is not told.
func TestOneSpanACallWithoutAnythingPrivate(t *testing.T) {
	status := http.StatusOK
	stub := server(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("traceparent"))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`ana@example.com`))
	})
	memory := tracetest.NewInMemoryExporter()
	ctx, activity := sdktrace.NewTracerProvider(sdktrace.WithSyncer(memory)).Tracer("test").Start(t.Context(), "activity")
	c, _ := client(t, stub.URL)
	request := provider.Request{
		Operation: "things.find", Method: "POST", Path: "/things/ana@example.com",
		Query: url.Values{"email": {"ana@example.com"}}, JSON: map[string]string{"email": "ana@example.com"},
	}
	call := func(ctx context.Context, want int) error {
		status = want
		return c.Call(ctx, request, nil)
	}
	require.NoError(t, call(ctx, http.StatusOK))
	require.Error(t, call(ctx, http.StatusConflict))
	require.Error(t, call(ctx, http.StatusInternalServerError))
	require.Error(t, call(ctx, http.StatusFound))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.Error(t, call(gone, http.StatusOK))
	require.NoError(t, call(t.Context(), http.StatusOK), "without a trace it works as well")

	spans := memory.GetSpans()
	require.Len(t, spans, 5)
	for i, want := range []struct {
		class  string
		status codes.Code
	}{{"2xx", codes.Unset}, {"4xx", codes.Error}, {"5xx", codes.Error}, {"3xx", codes.Error}, {"none", codes.Error}} {
		assert.Equal(t, "stripe things.find", spans[i].Name)
		assert.Equal(t, trace.SpanKindClient, spans[i].SpanKind)
		assert.Equal(t, activity.SpanContext().SpanID(), spans[i].Parent.SpanID())
		assert.ElementsMatch(t, []attribute.KeyValue{
			attribute.String("provider", "stripe"), attribute.String("operation", "things.find"), attribute.String("status_class", want.class),
		}, spans[i].Attributes)
		assert.Equal(t, want.status, spans[i].Status.Code)
		assert.Empty(t, spans[i].Status.Description)
		assert.Empty(t, spans[i].Events)
	}
}

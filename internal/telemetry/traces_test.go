package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.temporal.io/sdk/temporal"

	"guestjourney/internal/config"
	"guestjourney/internal/logtest"
	"guestjourney/internal/telemetry"
	"guestjourney/internal/telemetry/telemetrytest"
)

func begin(t *testing.T) (*telemetry.Traces, *logtest.Log) {
	t.Helper()
	log := &logtest.Log{}
	traces, err := telemetry.Start(t.Context(), "worker", slog.New(slog.NewJSONHandler(log, nil)))
	require.NoError(t, err)
	return traces, log
}

func TestWithoutAnEndpointNothingIsRecorded(t *testing.T) {
	traces, log := begin(t)
	require.Nil(t, traces.Provider())
	traces.Close(t.Context())
	require.Empty(t, log.String())
}

func TestABadVariableIsNamed(t *testing.T) {
	for _, bad := range []struct{ variable, value string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318"}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://canary"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"},
	} {
		t.Run(bad.variable, func(t *testing.T) {
			t.Setenv(bad.variable, bad.value)
			_, err := telemetry.Start(t.Context(), "worker", slog.New(slog.DiscardHandler))
			require.Equal(t, 2, config.ExitCode(err))
			require.ErrorContains(t, err, bad.variable+": want ")
			require.NotContains(t, err.Error(), "canary")
		})
	}
}

// The secrets of one span, in every place where a library may write them.
const (
	email = "ana.lopez@guests.example"
	phone = "+525512345678"
	name  = "Ana Canaria"
)

func record(provider trace.TracerProvider) {
	tracer := provider.Tracer("test")
	_, span := tracer.Start(context.Background(), "HandleSignal:guest", trace.WithLinks(trace.Link{Attributes: []attribute.KeyValue{attribute.String("link", name)}}))
	span.SetAttributes(
		attribute.String("temporalWorkflowID", "journey/01j8z3k4m5"), attribute.String("temporalRunID", email),
		attribute.String("url", "https://x/?q="+name), attribute.StringSlice("provider", []string{name}),
	)
	failed := temporal.NewApplicationError("no room for "+name+" "+phone, "Refused", email)
	span.RecordError(failed)
	span.AddEvent(name)
	span.SetStatus(codes.Error, failed.Error())
	span.End()
	_, typed := tracer.Start(context.Background(), "UpdateWorkflow:"+email)
	typed.End()
	_, called := tracer.Start(context.Background(), "HandleSignal:"+phone)
	called.End()
}

func TestNothingPrivateLeaves(t *testing.T) {
	receiver := telemetrytest.Start(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	traces, _ := begin(t)
	record(traces.Provider())
	traces.Close(t.Context())

	for _, private := range []string{"ana.lopez", phone[1:], "Canaria", "room for"} {
		require.NotContains(t, string(receiver.Bytes()), private)
	}
	spans := receiver.Spans()
	require.Len(t, spans, 3)
	require.Equal(t, "worker", spans[0].Service)
	require.Equal(t, "HandleSignal:guest", spans[0].GetName())
	require.Equal(t, "journey/01j8z3k4m5", spans[0].Attribute("temporalWorkflowID"))
	require.Equal(t, "redacted", spans[0].Attribute("temporalRunID"))
	require.Len(t, spans[0].GetEvents(), 1)
	require.Contains(t, spans[0].GetEvents()[0].String(), "ApplicationError")
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, spans[0].GetStatus().GetCode(), "that it failed is no secret")
	require.Equal(t, "redacted", spans[1].GetName())
	require.Equal(t, "redacted", spans[2].GetName())

	// The same without our exporter: the search has something to find.
	memory := tracetest.NewInMemoryExporter()
	record(sdktrace.NewTracerProvider(sdktrace.WithSyncer(memory)))
	seen := strings.Builder{}
	for _, span := range memory.GetSpans() {
		seen.WriteString(span.Name + span.Status.Description)
		for _, one := range span.Attributes {
			seen.WriteString(one.Value.String())
		}
	}
	for _, private := range []string{"ana.lopez", phone[1:], "Canaria", "room for"} {
		require.Contains(t, seen.String(), private)
	}
}

// A collector that is away costs one line and no more than FlushTimeout.
func TestACollectorThatIsAwayDisturbsNobody(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	traces, log := begin(t)
	record(traces.Provider())
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "do not reach the collector") }, 30*time.Second, 10*time.Millisecond)
	record(traces.Provider())
	begun := time.Now()
	traces.Close(t.Context())
	require.Less(t, time.Since(begun), telemetry.FlushTimeout+time.Second)
	require.Equal(t, 1, strings.Count(log.String(), "do not reach the collector"))
}

func TestCloseAfterTheContextSendsWhatIsLeft(t *testing.T) {
	receiver := telemetrytest.Start(t)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.URL+"/v1/traces")
	ctx, cancel := context.WithCancelCause(t.Context())
	traces, _ := begin(t)
	record(traces.Provider())
	cancel(errors.New("stopped"))
	traces.Close(ctx)
	require.Len(t, receiver.Spans(), 3)
}

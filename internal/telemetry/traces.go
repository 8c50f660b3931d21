package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"guestjourney/internal/config"
)

// FlushTimeout bounds Close: a stop must not wait for a collector.
const FlushTimeout = time.Second

// Traces are one program's. The zero value records nothing.
type Traces struct {
	provider *sdktrace.TracerProvider
	logger   *slog.Logger
}

// Start reads the environment; without an endpoint there are no traces. The
// program's name is the default of OTEL_SERVICE_NAME. A bad variable is a
// *config.Error.
func Start(ctx context.Context, program string, logger *slog.Logger) (*Traces, error) {
	set, err := config.Load[settings]()
	if err == nil {
		err = set.check()
	}
	if err != nil || !set.on() {
		return &Traces{}, err
	}
	collector, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return start(ctx, program, logger, collector)
}

func start(ctx context.Context, program string, logger *slog.Logger, collector sdktrace.SpanExporter) (*Traces, error) {
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", program)), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, config.Invalid("OTEL_RESOURCE_ATTRIBUTES", err.Error())
	}
	safe := &redacting{next: collector, logger: logger}
	return &Traces{logger: logger, provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(safe), sdktrace.WithResource(about))}, nil
}

// Provider makes tracers; nil when traces are off.
func (t *Traces) Provider() trace.TracerProvider {
	if t.provider == nil {
		return nil
	}
	return t.provider
}

// Close sends what is left, for at most FlushTimeout. It is called when all
// else has stopped, so the context may have ended.
func (t *Traces) Close(ctx context.Context) {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), FlushTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.logger.Warn("the last traces are lost", "error", err.Error())
	}
}

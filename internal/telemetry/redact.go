package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"guestjourney/internal/identity"
)

// allowed are the attributes that may leave. Temporal's interceptor and our own
// spans set no other on purpose; a new one is added here on purpose.
var allowed = []attribute.Key{
	"temporalWorkflowID", "temporalRunID", "temporalActivityID", // opaque
	"provider", "operation", "status_class", "decision", // words of our own tables
}

// The event of a recorded error keeps the error's Go type: its message may
// quote what was sent.
const (
	exceptionEvent = "exception"
	exceptionType  = "exception.type"
)

// redacted stands for what looks like an address.
const redacted = "redacted"

// redacting is the last thing before the collector, so that the promise does
// not depend on who records: Temporal's interceptor writes the whole text of an
// error into event and status.
type redacting struct {
	next    sdktrace.SpanExporter
	logger  *slog.Logger
	failing atomic.Bool
}

// ExportSpans implements sdktrace.SpanExporter. A failure is logged when it
// begins and when it ends; it is nobody else's concern.
func (r *redacting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	safe := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		safe[i] = redactedSpan{span}
	}
	err := r.next.ExportSpans(ctx, safe)
	if before := r.failing.Swap(err != nil); err != nil && !before {
		r.logger.Warn("traces do not reach the collector", "error", err.Error())
	} else if err == nil && before {
		r.logger.Info("traces reach the collector again")
	}
	return nil
}

// Shutdown implements sdktrace.SpanExporter.
func (r *redacting) Shutdown(ctx context.Context) error { return r.next.Shutdown(ctx) }

// redactedSpan is a span without what may be private.
type redactedSpan struct{ sdktrace.ReadOnlySpan }

// Name is one of our own tables, but a signal's or an update's may have been
// typed by a person.
func (s redactedSpan) Name() string {
	parts := strings.FieldsFunc(s.ReadOnlySpan.Name(), func(r rune) bool { return r == ':' || r == ' ' })
	if slices.ContainsFunc(parts, identity.LooksLikeAddress) {
		return redacted
	}
	return s.ReadOnlySpan.Name()
}

func (s redactedSpan) Attributes() []attribute.KeyValue {
	var kept []attribute.KeyValue
	for _, one := range s.ReadOnlySpan.Attributes() {
		switch {
		case !slices.Contains(allowed, one.Key) || one.Value.Type() != attribute.STRING:
		case identity.LooksLikeAddress(one.Value.AsString()):
			kept = append(kept, one.Key.String(redacted))
		default:
			kept = append(kept, one)
		}
	}
	return kept
}

func (s redactedSpan) Events() []sdktrace.Event {
	var kept []sdktrace.Event
	for _, event := range s.ReadOnlySpan.Events() {
		if event.Name != exceptionEvent {
			continue
		}
		event.Attributes = slices.DeleteFunc(slices.Clone(event.Attributes), func(one attribute.KeyValue) bool { return one.Key != exceptionType })
		kept = append(kept, event)
	}
	return kept
}

func (s redactedSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}

// Links are not made here; their attributes would be a way out.
func (s redactedSpan) Links() []sdktrace.Link { return nil }

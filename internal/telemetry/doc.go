// Package telemetry sends a program's traces to an OpenTelemetry collector.
//
// Called by every main, before it connects to Temporal. It owns whether traces
// are on (the standard OTEL_EXPORTER_OTLP_* variables say so), how they leave
// and what may leave. It promises that nothing is recorded without those
// variables; that no text of an error, no argument and no address leaves the
// process, whoever recorded it; and that a clean stop sends what is left within
// FlushTimeout. A collector that is away is logged once and disturbs nobody.
package telemetry

// Package temporalclient makes the Temporal client: one constructor for the
// worker, the proxy, the CLI, the demo and tests, and the same converters for
// the replayer.
//
// It owns the connection's settings (the standard TEMPORAL_* variables and
// profiles), the data and failure converters, and the request IDs of writes. It
// promises that every program reads and writes payloads in the same way, and
// that none connects without encryption unless it says so.
package temporalclient

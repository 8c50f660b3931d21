// Package telemetrytest stands in for an OpenTelemetry collector.
//
// Called by tests only. It owns an OTLP receiver over HTTP and what arrived
// there. It promises to answer as a collector does, and that Bytes holds
// everything that a program has sent: a search there misses nothing.
package telemetrytest

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Receiver is a collector that keeps what it is sent.
type Receiver struct {
	// URL is the value of OTEL_EXPORTER_OTLP_ENDPOINT.
	URL string

	mutex sync.Mutex
	raw   []byte
	spans []Span
}

// Span is one span that arrived.
type Span struct {
	*tracepb.Span
	Service string // of the program that recorded it
}

// Trace is the span's trace ID in hex.
func (s Span) Trace() string { return hex.EncodeToString(s.GetTraceId()) }

// Attribute is the value of a string attribute, empty if there is none.
func (s Span) Attribute(key string) string {
	for _, one := range s.GetAttributes() {
		if one.GetKey() == key {
			return one.GetValue().GetStringValue()
		}
	}
	return ""
}

// Start starts a receiver that lives as long as the test.
func Start(t testing.TB) *Receiver {
	t.Helper()
	receiver := &Receiver{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", receiver.take)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	receiver.URL = server.URL
	return receiver
}

// Environment switches a program's traces on and makes them come at once.
func (r *Receiver) Environment() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + r.URL, "OTEL_BSP_SCHEDULE_DELAY=100"}
}

// Spans returns what has arrived, in the order of arrival.
func (r *Receiver) Spans() []Span {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Clone(r.spans)
}

// Bytes returns every message that has arrived, not compressed: texts stand in
// it as they are.
func (r *Receiver) Bytes() []byte {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Clone(r.raw)
}

func (r *Receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := read(request)
	var message collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &message)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.keep(body, &message)
	w.Header().Set("Content-Type", "application/x-protobuf") // an answer without fields has no bytes
}

func read(request *http.Request) ([]byte, error) {
	if request.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(request.Body)
	}
	open, err := gzip.NewReader(request.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(open)
}

func (r *Receiver) keep(body []byte, message *collectorpb.ExportTraceServiceRequest) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.raw = append(r.raw, body...)
	for _, from := range message.GetResourceSpans() {
		service := ""
		for _, one := range from.GetResource().GetAttributes() {
			if one.GetKey() == "service.name" {
				service = one.GetValue().GetStringValue()
			}
		}
		for _, scope := range from.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				r.spans = append(r.spans, Span{Span: span, Service: service})
			}
		}
	}
}

package telemetry

import (
	"net/url"

	"guestjourney/internal/config"
)

// settings are the standard variables that switch traces on. The exporter reads
// them, and the others of OTEL_EXPORTER_OTLP_*, OTEL_BSP_* and
// OTEL_TRACES_SAMPLER, by itself.
type settings struct {
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL"`
	TracesProtocol string `env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"`
}

// protocol is the only one that is spoken here.
const protocol = "http/protobuf"

func (s settings) on() bool { return s.Endpoint != "" || s.TracesEndpoint != "" }

// check names what the exporter would pass over in silence.
func (s settings) check() error {
	for _, endpoint := range []struct{ variable, value string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", s.Endpoint}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", s.TracesEndpoint},
	} {
		if endpoint.value == "" {
			continue
		}
		parsed, err := url.Parse(endpoint.value)
		if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
			return config.Invalid(endpoint.variable, "want the collector's URL, such as http://127.0.0.1:4318")
		}
	}
	for _, spoken := range []struct{ variable, value string }{
		{"OTEL_EXPORTER_OTLP_PROTOCOL", s.Protocol}, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", s.TracesProtocol},
	} {
		if spoken.value != "" && spoken.value != protocol {
			return config.Invalid(spoken.variable, "want "+protocol+" or nothing")
		}
	}
	return nil
}

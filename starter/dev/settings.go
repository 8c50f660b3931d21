package dev

import (
	"net"
	"path/filepath"
	"strconv"

	"guestjourney/internal/config"
	"guestjourney/internal/temporalclient"
)

// namespace of every workflow.
const namespace = temporalclient.DefaultNamespace

// host is where everything listens: this machine only.
const host = "127.0.0.1"

// settings are the variables that move things.
type settings struct {
	Data              string `env:"DATA_DIR" envDefault:"./.data"`
	Binaries          string `env:"BIN_DIR" envDefault:"./bin"`
	Examples          string `env:"EXAMPLES_DIR" envDefault:"./examples"`
	Programs          string `env:"PROGRAMS_DIR"`
	TemporalCLI       string `env:"TEMPORAL_CLI"`
	TemporalPort      int    `env:"TEMPORAL_PORT" envDefault:"7233"`
	UIPort            int    `env:"TEMPORAL_UI_PORT" envDefault:"8233"`
	CodecPort         int    `env:"CODEC_PORT" envDefault:"8234"`
	SandboxPort       int    `env:"SANDBOX_PORT" envDefault:"8090"`
	ProxyPort         int    `env:"PROXY_PORT" envDefault:"8080"`
	WorkerMetricsPort int    `env:"WORKER_METRICS_PORT" envDefault:"9090"`
	ProxyMetricsPort  int    `env:"PROXY_METRICS_PORT" envDefault:"9091"`
	TelemetryPort     int    `env:"TELEMETRY_PORT" envDefault:"8091"`
	StaffPort         int    `env:"STAFF_PORT" envDefault:"8092"`
	// TelemetryMetricsPort has no use on this machine but to be looked at.
	TelemetryMetricsPort int `env:"TELEMETRY_METRICS_PORT" envDefault:"9092"`
}

// port is one that must be free, and the variable that moves it.
type port struct {
	number   int
	variable string
	purpose  string
}

func readSettings() (settings, error) {
	s, err := config.Load[settings]()
	if err != nil {
		return s, err
	}
	for _, p := range s.ports() {
		if p.number < 1 || p.number > 65535 {
			return s, config.Invalid(p.variable, "want a port, 1 to 65535")
		}
	}
	return s, nil
}

func (s settings) ports() []port {
	return []port{
		{s.TemporalPort, "TEMPORAL_PORT", "the Temporal server"},
		{s.UIPort, "TEMPORAL_UI_PORT", "the Temporal UI"},
		{s.CodecPort, "CODEC_PORT", "the codec server"},
		{s.SandboxPort, "SANDBOX_PORT", "the sandbox"},
		{s.ProxyPort, "PROXY_PORT", "the webhook proxy"},
		{s.WorkerMetricsPort, "WORKER_METRICS_PORT", "the worker's metrics"},
		{s.ProxyMetricsPort, "PROXY_METRICS_PORT", "the proxy's metrics"},
		{s.TelemetryPort, "TELEMETRY_PORT", "the telemetry process"},
		{s.StaffPort, "STAFF_PORT", "the live view of sessions"},
		{s.TelemetryMetricsPort, "TELEMETRY_METRICS_PORT", "the telemetry process's metrics"},
	}
}

func (s settings) data(parts ...string) string {
	return filepath.Join(append([]string{s.Data}, parts...)...)
}

func (s settings) binary(name string) string { return filepath.Join(s.Binaries, name) }

func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

func (s settings) url(port int) string { return "http://" + address(port) }

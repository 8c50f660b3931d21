package dev

import (
	"context"
	"fmt"
	"maps"
	"os"
	"time"

	"guestjourney/internal/health"
	"guestjourney/internal/sandbox"
)

// Senders of the example: the sandbox accepts any.
const (
	mailFrom     = "stay@retreat.example"
	mailFromName = "The Retreat"
	textFrom     = "+15005550006"
)

// sandboxConfig is the one sandbox of this data: its process serves it, and
// the others' environment is made from it.
func (s settings) sandboxConfig() (sandbox.Config, error) {
	secrets, err := sandbox.LoadOrCreateSecrets(s.data("sandbox-secrets.json"))
	if err != nil {
		return sandbox.Config{}, err
	}
	return sandbox.Config{
		Dir: s.data("sandbox"), BaseURL: s.url(s.SandboxPort), ProxyURL: s.url(s.ProxyPort),
		Secrets: secrets, TwilioNumber: textFrom, EmailActivity: true,
	}, nil
}

// services are the house, in the order in which they start. The graces add up
// to 9 seconds with the Temporal server's.
func (s settings) services(temporal string, k keys) ([]service, error) {
	config, err := s.sandboxConfig()
	if err != nil {
		return nil, err
	}
	accounts, err := config.Environment()
	if err != nil {
		return nil, err
	}
	house := map[string]string{
		"TEMPORAL_ADDRESS": address(s.TemporalPort), "TEMPORAL_NAMESPACE": namespace,
		"PAYLOAD_KEYS": k.Payload, "IDENTITY_KEY": k.Identity, "PUBLIC_URL": s.url(s.ProxyPort),
		"SENDGRID_FROM": mailFrom, "SENDGRID_FROM_NAME": mailFromName, "SENDGRID_EMAIL_ACTIVITY": "true", "TWILIO_FROM": textFrom,
	}
	maps.Copy(house, accounts)
	paged, err := writeStaffFile(s.data("staff.json"), k.StaffToken, time.Now())
	if err != nil {
		return nil, err
	}
	watched := with(house, map[string]string{"STAFF_FILE": paged, "TELEMETRY_SECRET": k.Telemetry, "TWILIO_CALL_FROM": textFrom})
	return []service{
		s.temporalServer(temporal, k),
		{
			name: "sandbox", binary: s.binary("starter"), args: []string{"dev", "sandbox"}, grace: time.Second,
			environment: s.own(), ready: answers(s.url(s.SandboxPort) + "/healthz"),
		},
		{
			name: "codec", binary: s.binary("starter"), args: []string{"codec"}, grace: time.Second,
			environment: map[string]string{
				"PAYLOAD_KEYS": k.Payload, "CODEC_TOKEN": k.CodecToken, "CODEC_ADDR": address(s.CodecPort), "CODEC_UI_ORIGIN": s.uiOrigins(),
			},
			ready: answers(s.url(s.CodecPort) + "/healthz"),
		},
		{
			name: "worker", binary: s.binary("worker"), grace: 2500 * time.Millisecond,
			// The stop timeout is inside the grace: what it interrupts is done again.
			environment: with(watched, map[string]string{
				"METRICS_ADDR": address(s.WorkerMetricsPort), "PROGRAMS_DIR": s.Programs, "STOP_TIMEOUT": "2s", "TELEMETRY_URL": s.url(s.TelemetryPort),
			}),
			ready: answers(s.url(s.WorkerMetricsPort) + "/healthz"),
		},
		{
			name: "telemetry", binary: s.binary("webhookproxy"), args: []string{"telemetry"}, grace: time.Second,
			environment: with(watched, map[string]string{
				"METRICS_ADDR": address(s.TelemetryMetricsPort), "TELEMETRY_ADDRESS": address(s.TelemetryPort), "STAFF_ADDRESS": address(s.StaffPort), "TELEMETRY_PATH": s.data("telemetry.db"),
				"DEVICE_KEYS": deviceKeys(k.Devices),
			}),
			ready: answers(s.url(s.TelemetryPort) + "/readyz"),
		},
		{
			name: "proxy", binary: s.binary("webhookproxy"), grace: 2 * time.Second,
			environment: with(house, map[string]string{
				"METRICS_ADDR": address(s.ProxyMetricsPort), "PROXY_ADDR": address(s.ProxyPort), "INBOX_PATH": s.data("inbox.db"),
			}),
			ready: answers(s.url(s.ProxyPort) + "/readyz"),
		},
	}, nil
}

// own are the settings again, for a child that is this program.
func (s settings) own() map[string]string {
	return map[string]string{
		"DATA_DIR": s.Data, "BIN_DIR": s.Binaries, "SANDBOX_PORT": fmt.Sprint(s.SandboxPort), "PROXY_PORT": fmt.Sprint(s.ProxyPort),
	}
}

// uiOrigins are the names under which a browser may have opened the UI.
func (s settings) uiOrigins() string {
	return fmt.Sprintf("http://localhost:%d,http://%s", s.UIPort, address(s.UIPort))
}

// with adds variables; an empty value leaves the program its default.
func with(base, more map[string]string) map[string]string {
	all := maps.Clone(base)
	for name, value := range more {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// answers asks a health endpoint.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error { return health.Check(ctx, url) }
}

// serveSandbox is the sandbox's own process.
func serveSandbox(ctx context.Context) error {
	s, err := readSettings()
	if err != nil {
		return err
	}
	config, err := s.sandboxConfig()
	if err != nil {
		return err
	}
	config.Logger = logger(os.Stderr)
	return sandbox.Run(ctx, config, address(s.SandboxPort))
}

package soak

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/program"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/internal/temporalclient"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/store/storetest"
)

const (
	nurse      = "p-ana"
	nurseTo    = "+525500000001"
	failsafe   = "p-desk"
	failsafeTo = "+525500000002"
	deviceKey  = "0123456789abcdef0123456789abcdef"
	devices    = 100
)

// house is everything that watches over sessions, each part a process of its own but
// for the provider of texts and calls.
type house struct {
	t        *testing.T
	folder   string
	key      string // of payloads and everything else that is sealed
	client   client.Client
	http     *http.Client
	provider *sandboxtest.Sandbox
	env      []string // of all programs

	temporalAddress, telemetryAddress, telemetryMetrics string

	server, telemetry, worker, proxy *program.Program
}

// open starts a house. It closes with the test.
func open(t *testing.T) *house {
	t.Helper()
	key := make([]byte, 32)
	_, err := rand.Read(key)
	require.NoError(t, err)
	h := &house{
		t: t, folder: t.TempDir(), key: base64.StdEncoding.EncodeToString(key), http: &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second},
		temporalAddress: freeport.Address(t), telemetryAddress: freeport.Address(t), telemetryMetrics: freeport.Address(t),
	}
	t.Cleanup(h.http.CloseIdleConnections)
	h.dial()
	h.env = append(h.startProvider(), h.environment()...)
	h.startPrograms()
	return h
}

// startPrograms starts what `make build` builds, and a Temporal server.
func (h *house) startPrograms() {
	h.t.Helper()
	of := func(name string, environment []string, arguments ...string) *exec.Cmd {
		command := exec.Command(program.Built(h.t, name), arguments...)
		command.Env = append(append(command.Env, h.env...), environment...)
		return command
	}
	well := func(address, path string) func() bool { return program.Answers("http://" + address + path) }
	workerMetrics, proxyAddress := freeport.Address(h.t), freeport.Address(h.t)
	h.server = h.start("temporal", devserver.Command(h.t, devserver.Settings{File: filepath.Join(h.folder, "temporal.db"), HostPort: h.temporalAddress}), h.temporalAnswers)
	h.telemetry = h.start("telemetry", of("webhookproxy", []string{"METRICS_ADDR=" + h.telemetryMetrics}, "telemetry"), well(h.telemetryAddress, "/readyz"))
	h.worker = h.start("worker", of("worker", []string{"METRICS_ADDR=" + workerMetrics}), well(workerMetrics, "/healthz"))
	h.proxy = h.start("proxy", of("webhookproxy", []string{"METRICS_ADDR=" + freeport.Address(h.t), "PROXY_ADDR=" + proxyAddress}), well(proxyAddress, "/readyz"))
}

// start starts a program, which may be killed and started again.
func (h *house) start(name string, command *exec.Cmd, ready func() bool) *program.Program {
	h.t.Helper()
	return program.Start(h.t, program.Settings{Name: name, Command: command, Ready: ready, Log: filepath.Join(h.folder, name+".log")})
}

func (h *house) dial() {
	h.t.Helper()
	var err error
	h.client, err = temporalclient.Dial(h.t.Context(), temporalclient.Options{
		Program: "test", Keys: h.ring(), RequireKeys: true, Lazy: true, Address: h.temporalAddress, Namespace: devserver.Namespace,
	})
	require.NoError(h.t, err)
	h.t.Cleanup(h.client.Close)
}

func (h *house) ring() *codec.Ring {
	h.t.Helper()
	ring, err := codec.ParseRing("k1:" + h.key)
	require.NoError(h.t, err)
	return ring
}

func (h *house) temporalAnswers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := h.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: devserver.Namespace})
	return err == nil
}

// startProvider starts the providers' stand-in, and returns what leads to it.
func (h *house) startProvider() []string {
	h.t.Helper()
	h.provider = sandboxtest.Open(h.t, sandbox.Config{ManualDelivery: true})
	env := []string{"TWILIO_FROM=+15005550006", "SENDGRID_FROM=house@example.com"}
	for name, value := range h.provider.Environment(h.t) {
		env = append(env, name+"="+value)
	}
	return env
}

func (h *house) environment() []string {
	var keys []string
	for n := range devices {
		keys = append(keys, device(n)+"="+deviceKey)
	}
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.folder, "LOG_LEVEL=info", "STOP_TIMEOUT=3s",
		"TEMPORAL_ADDRESS=" + h.temporalAddress, "TEMPORAL_NAMESPACE=" + devserver.Namespace, "PAYLOAD_KEYS=k1:" + h.key, "IDENTITY_KEY=" + h.key,
		"GUEST_APP_URL=http://127.0.0.1:1", "PUBLIC_URL=http://127.0.0.1:1", "INBOX_PATH=" + filepath.Join(h.folder, "inbox.db"),
		"OAUTH_DIR=", "RECORDS_DIR=" + h.records(), "STAFF_FILE=" + h.staffFile(),
		"TELEMETRY_SECRET=whsec_" + h.key, "TELEMETRY_URL=http://" + h.telemetryAddress, "TELEMETRY_ADDRESS=" + h.telemetryAddress,
		"STAFF_ADDRESS=" + freeport.Address(h.t), "TELEMETRY_PATH=" + h.readings(), "DEVICE_KEYS=" + strings.Join(keys, ","),
	}
}

func device(n int) string         { return fmt.Sprintf("monitor-%d", n) }
func (h *house) records() string  { return filepath.Join(h.folder, "records") }
func (h *house) readings() string { return filepath.Join(h.folder, "telemetry.db") }

// staffFile is a house in which one nurse is on duty around the clock.
func (h *house) staffFile() string {
	h.t.Helper()
	person := func(code, to string) map[string]any {
		return map[string]any{"code": code, "roles": []string{"nurse"}, "contact": []map[string]string{{"channel": "sms", "to": to}, {"channel": "voice", "to": to}}}
	}
	text, err := json.Marshal(map[string]any{
		"zone": "UTC", "coversUntil": time.Now().AddDate(0, 0, 30).Format(time.DateOnly), "failsafe": failsafe,
		"people": []any{person(nurse, nurseTo), person(failsafe, failsafeTo)},
		"shifts": []any{map[string]any{"person": nurse, "days": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "from": "00:00", "to": "00:00"}},
	})
	require.NoError(h.t, err)
	path := filepath.Join(h.folder, "staff.json")
	require.NoError(h.t, os.WriteFile(path, text, 0o600))
	return path
}

// figure reads a metric of the telemetry process, if it can be read.
func (h *house) figure(name string) (value int, known bool) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+h.telemetryMetrics+"/metrics", nil)
	if err != nil {
		return 0, false
	}
	answer, err := h.http.Do(request)
	if err != nil {
		return 0, false
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if found, is := strings.CutPrefix(line, name+" "); is {
			value, err = strconv.Atoi(strings.TrimSpace(found))
			return value, err == nil
		}
	}
	return 0, false
}

// kept ends the telemetry process, and opens what it has stored.
func (h *house) kept() *store.Store {
	h.t.Helper()
	h.telemetry.Stop()
	sealing, err := codec.New(h.ring())
	require.NoError(h.t, err)
	return storetest.Open(h.t, store.Config{Path: h.readings(), Codec: sealing})
}

package integration

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/program"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/internal/temporalclient"
)

// settings change a house before it opens.
type settings struct {
	program       programs.Program
	env           []string // for worker and proxy
	emailActivity bool
	manual        bool // no provider tells by itself what became of a message
	onCall        func(point string, call sandbox.JournalEntry)
	plain         bool // codec off: the canary's counter-proof
	keys          string
	serverFile    string
	alone         bool // no other house beside it: it fills the machine
}

// house is everything that runs.
type house struct {
	t        *testing.T
	server   *devserver.Server
	sandbox  *sandboxtest.Sandbox
	client   client.Client
	env      []string
	logs     string
	worker   *process
	proxy    *process
	proxyURL string
	keys     string
	program  programs.Program
}

// open starts a house. It closes with the test. Houses share nothing and wait
// most of the time, so their tests run side by side.
func open(t *testing.T, set settings) *house {
	t.Helper()
	if !set.alone {
		t.Parallel()
	}
	if set.program.Code == "" {
		set.program = quick()
	}
	if set.keys == "" {
		set.keys = newKey("k1")
	}
	h := &house{t: t, logs: t.TempDir(), keys: set.keys, program: set.program}
	h.server = devserver.StartWith(t, devserver.Settings{File: set.serverFile})
	h.proxyURL = "http://127.0.0.1:" + freeport.Get(t)
	h.sandbox = sandboxtest.Open(t, sandbox.Config{
		EmailActivity: set.emailActivity, ManualDelivery: set.manual, OnCall: set.onCall, ProxyURL: h.proxyURL,
		Webhooks: sandbox.WebhookPolicy{First: 100 * time.Millisecond, Max: time.Second, Attempts: 200},
	})
	h.client = h.dial(set)
	h.env = h.environment(t, set)
	h.proxy = h.start(program.Built(t, "webhookproxy"), "proxy", h.env)
	h.worker = h.start(program.Built(t, "worker"), "worker", h.env)
	return h
}

func (h *house) dial(set settings) client.Client {
	options := temporalclient.Options{Program: "test", Address: h.server.HostPort, RequireKeys: !set.plain}
	if !set.plain {
		options.Keys = ring(h.t, h.keys)
	}
	connection, err := temporalclient.Dial(context.Background(), options)
	require.NoError(h.t, err)
	h.t.Cleanup(connection.Close)
	return connection
}

func ring(t *testing.T, keys string) *codec.Ring {
	t.Helper()
	parsed, err := codec.ParseRing(keys)
	require.NoError(t, err)
	return parsed
}

func (h *house) environment(t *testing.T, set settings) []string {
	identity := make([]byte, 32)
	_, err := rand.Read(identity)
	require.NoError(t, err)
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(),
		"TEMPORAL_ADDRESS=" + h.server.HostPort, "TEMPORAL_NAMESPACE=" + devserver.Namespace,
		"PAYLOAD_KEYS=" + h.keys, "IDENTITY_KEY=" + base64.StdEncoding.EncodeToString(identity),
		"PUBLIC_URL=" + h.proxyURL, "PROGRAMS_DIR=" + h.catalogue(set.program),
		"PROXY_ADDR=" + strings.TrimPrefix(h.proxyURL, "http://"), "LOG_LEVEL=info", "STOP_TIMEOUT=3s",
		"TWILIO_FROM=+15005550006", "SENDGRID_FROM=house@example.com", fmt.Sprintf("SENDGRID_EMAIL_ACTIVITY=%t", set.emailActivity),
		"INBOX_PATH=" + filepath.Join(t.TempDir(), "inbox.db"), "ADDRESS_RATE=10000",
		"CIRCUIT_OPEN=1s", "STRIPE_RATE=500", "TWILIO_RATE=500", "SENDGRID_RATE=500", "HUBSPOT_RATE=500", "GOOGLE_RATE=500",
	}
	for name, value := range h.sandbox.Environment(t) {
		env = append(env, name+"="+value)
	}
	return append(env, set.env...)
}

// catalogue writes the program file that the worker reads.
func (h *house) catalogue(program programs.Program) string {
	dir := h.t.TempDir()
	data, err := json.MarshalIndent(program, "", "  ")
	require.NoError(h.t, err)
	require.NoError(h.t, os.WriteFile(filepath.Join(dir, program.Code+".json"), data, 0o600))
	return dir
}

// process is a program of the house.
type process struct {
	*program.Program
	metrics string // its address
}

// start runs a program and waits until it says that it is well.
func (h *house) start(binary, name string, env []string) *process {
	h.t.Helper()
	return h.startWith(binary, name, nil, env)
}

// startWith is start with arguments.
func (h *house) startWith(binary, name string, arguments, env []string) *process {
	h.t.Helper()
	metrics := freeport.Address(h.t)
	command := exec.Command(binary, arguments...)
	command.Env = append(append([]string(nil), env...), "METRICS_ADDR="+metrics)
	health := "http://" + metrics + "/healthz"
	switch name {
	case "proxy":
		health = h.proxyURL + "/readyz"
	case "telemetry":
		health = "http://" + metrics + "/metrics"
	}
	return &process{Program: h.keep(name, command, program.Answers(health)), metrics: metrics}
}

// keep runs a program until the house closes.
func (h *house) keep(name string, command *exec.Cmd, ready func() bool) *program.Program {
	h.t.Helper()
	return program.Start(h.t, program.Settings{Name: name, Command: command, Ready: ready, Log: h.log(name), Grace: 15 * time.Second})
}

// log is the file in which a program of the house writes, at its end.
func (h *house) log(name string) string { return filepath.Join(h.logs, name+".log") }

// restart starts a program again under its old environment.
func (h *house) restart(p *process) *process {
	h.t.Helper()
	return h.start(p.Path, p.Name, h.env)
}

// glance is the pause between two looks at a condition. Every look costs server and
// worker some milliseconds, and seven houses look at the same time.
const glance = 200 * time.Millisecond

// eventually waits for a condition.
func (h *house) eventually(within time.Duration, what string, condition func() bool) {
	h.t.Helper()
	deadline := time.After(within)
	for !condition() {
		select {
		case <-deadline:
			h.t.Fatalf("waited %s for: %s", within, what)
		case <-time.After(glance):
		}
	}
}

func newKey(id string) string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return id + ":" + base64.StdEncoding.EncodeToString(key)
}

func newJourneyID() string { return "journey/" + strings.ToLower(ulid.Make().String()) }

func seconds(n float64) options.Duration {
	return options.Duration(time.Duration(n * float64(time.Second)))
}

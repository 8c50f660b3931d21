package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
	"guestjourney/internal/sandbox/sandboxtest"
	"guestjourney/internal/signedcall"
	"guestjourney/internal/verify"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/readingtest"
)

const (
	deviceKey = "0123456789abcdef0123456789abcdef"
	failsafe  = "+525500000005" // in the example staff file
)

// patience of what must happen: far more than it takes, for a busy machine.
const patience = 20 * time.Second

// startSandbox starts Twilio's stand-in, and returns the environment that leads to it.
func startSandbox(t *testing.T) (*sandbox.Server, map[string]string) {
	t.Helper()
	server := sandboxtest.Open(t, sandbox.Config{})
	environment := server.Environment(t)
	environment["TWILIO_FROM"] = "+14155550100"
	return server.Server, environment
}

// telemetryEnvironment is complete; the store is a file of its own.
func telemetryEnvironment(t testing.TB, change map[string]string) map[string]string {
	t.Helper()
	var devices []string
	for n := range 100 {
		devices = append(devices, fmt.Sprintf("monitor-%d=%s", n, deviceKey))
	}
	all := map[string]string{
		"TELEMETRY_ADDRESS": "127.0.0.1:0", "STAFF_ADDRESS": "127.0.0.1:0", "TELEMETRY_PATH": filepath.Join(t.TempDir(), "telemetry.db"), "TELEMETRY_SECRET": "whsec_" + key,
		"STAFF_FILE": "../deploy/staff/example.json", "DEVICE_KEYS": strings.Join(devices, ","),
		"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_KEY_SID": "SK1", "TWILIO_API_KEY_SECRET": "canary", "TWILIO_FROM": "+14155550100",
	}
	maps.Copy(all, change)
	return all
}

// telemetryCommand is `webhookproxy telemetry`.
func telemetryCommand(t testing.TB, change map[string]string) *exec.Cmd {
	t.Helper()
	command := start(t, telemetryEnvironment(t, change))
	command.Args = append(command.Args, "telemetry")
	return command
}

// process is one that serves.
type process struct {
	t       testing.TB
	command *exec.Cmd
	address string // of its first listener, as a URL
	metrics string
	log     sync.WaitGroup
	ended   bool
}

// serveWith starts a command and waits until it listens.
func serveWith(t testing.TB, command *exec.Cmd, listener string) *process {
	t.Helper()
	command.Cancel = func() error { return nil } // the clean-up ends it as an operator would
	logs, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	p := &process{t: t, command: command}
	t.Cleanup(func() {
		if !p.ended { // under the race detector, a race is a code too
			require.Zero(t, p.end(syscall.SIGTERM), "it stops cleanly")
		}
	})
	lines := bufio.NewScanner(logs)
	p.address, p.metrics = "http://"+listening(t, lines, listener), "http://"+listening(t, lines, "metrics")
	p.log.Go(func() {
		for lines.Scan() {
			if !json.Valid(lines.Bytes()) { // a panic, or the race detector
				fmt.Fprintln(os.Stderr, lines.Text())
			}
		}
	})
	return p
}

func serveTelemetry(t testing.TB, change map[string]string) *process {
	t.Helper()
	return serveWith(t, telemetryCommand(t, change), "readings")
}

// end sends a signal and returns the exit code; a second time does nothing.
func (p *process) end(signal os.Signal) int {
	if !p.ended {
		p.ended = true
		_ = p.command.Process.Signal(signal) // it may have ended by itself
		p.log.Wait()
		_ = p.command.Wait() // its code tells
	}
	return p.command.ProcessState.ExitCode()
}

// ask makes a signed call of the worker.
func (p *process) ask(method, path string, body any) int {
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Error(err)
		return 0
	}
	request, err := http.NewRequestWithContext(context.Background(), method, p.address+"/telemetry/v1/sessions/"+path, bytes.NewReader(text))
	if err != nil {
		p.t.Error(err)
		return 0
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, bytes.Repeat([]byte{7}, 32))
	id := signedcall.ID(method, request.URL.Path)
	mac.Write([]byte(id + "." + stamp + "." + string(text)))
	request.Header.Set(verify.StandardIDHeader, id)
	request.Header.Set(verify.StandardTimestampHeader, stamp)
	request.Header.Set(verify.StandardSignatureHeader, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return code(once(), request)
}

// once is a client that keeps no connection.
func once() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

// code is the status of a request's answer, 0 if there is none.
func code(client *http.Client, request *http.Request) int {
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body) // the status is what is wanted
	_ = response.Body.Close()
	return response.StatusCode
}

// assign gives a session its device.
func (p *process) assign(id, device string) {
	p.t.Helper()
	require.Equal(p.t, http.StatusNoContent, p.ask(http.MethodPut, id, map[string]any{
		"device": device, "since": time.Now().Add(-time.Second), "room": "3", "protocol": detector.Order{}, "qtcBaseline": 410,
	}))
}

// figure reads a metric without labels.
func (p *process) figure(name string) string {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, p.metrics+"/metrics", nil)
	require.NoError(p.t, err)
	response, err := once().Do(request)
	require.NoError(p.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// guest is one with a monitor, whose gateway sends a batch every second to one of the
// addresses and to the next one if that does not take it.
type guest struct {
	t         testing.TB
	addresses func() []string // the one to try first comes first
	client    *http.Client

	mutex sync.Mutex
	heart *readingtest.Heart
	sent  int
}

func newGuest(t testing.TB, device string, addresses func() []string) *guest {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	return &guest{t: t, addresses: addresses, client: client, heart: readingtest.New(device, 70, time.Now())}
}

// live sends until the test ends, or the returned function is called.
func (g *guest) live() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var living sync.WaitGroup
	living.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				g.second(ctx)
			}
		}
	})
	stop = sync.OnceFunc(func() { cancel(); living.Wait() })
	g.t.Cleanup(stop)
	return stop
}

// second sends the next batch until somebody takes it.
func (g *guest) second(ctx context.Context) {
	g.mutex.Lock()
	batch := g.heart.Next(time.Now())
	g.mutex.Unlock()
	body, err := reading.Encode(batch)
	if err != nil {
		g.t.Error(err)
		return
	}
	for ctx.Err() == nil {
		for _, address := range g.addresses() {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/telemetry/v1/readings", bytes.NewReader(body))
			if err != nil {
				g.t.Error(err)
				return
			}
			request.Header = reading.Sign(deviceKey, batch, body, time.Now())
			switch got := code(g.client, request); got {
			case http.StatusOK:
				g.mutex.Lock()
				g.sent++
				g.mutex.Unlock()
				return
			case 0, http.StatusServiceUnavailable:
			default:
				g.t.Errorf("a batch is answered %d", got)
				return
			}
		}
	}
}

// alarm makes the monitor itself raise a critical alarm, and returns when.
func (g *guest) alarm(code string) time.Time {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.heart.Alarms = append(g.heart.Alarms, reading.Alarm{Code: code, Priority: reading.High, Start: time.Now()})
	return time.Now()
}

func (g *guest) beats(perMinute float64) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.heart.PerMinute = perMinute
}

func (g *guest) stored() int {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.sent
}

// pagesAbout are the channels by which the failsafe recipient was paged with a code.
func pagesAbout(server *sandbox.Server, code string) (channels []string) {
	for _, message := range server.Messages(sandbox.MessageFilter{To: failsafe}) {
		spoken := strings.ReplaceAll(code, "-", ", ")
		if strings.Contains(message.Body, "code "+code) || strings.Contains(message.Body, "Code "+spoken) {
			channels = append(channels, message.Channel)
		}
	}
	return channels
}

// paged waits for text and call of a fallback page, and logs how long it took.
func paged(t *testing.T, server *sandbox.Server, code string, since time.Time) {
	t.Helper()
	require.Eventually(t, func() bool { return len(pagesAbout(server, code)) >= 2 }, patience, 10*time.Millisecond, code)
	t.Logf("%s: paged %s after the condition", code, time.Since(since).Round(10*time.Millisecond))
	require.ElementsMatch(t, []string{"sms", "voice"}, pagesAbout(server, code))
}

// gappy is a staff file that leaves the night to nobody.
func gappy(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../deploy/staff/example.json")
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	file["shifts"] = file["shifts"].([]any)[:2]
	text, err = json.Marshal(file)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "staff.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

package proxytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/temporalclient"
)

// budget is what the proxy has for an answer here.
const budget = 1500 * time.Millisecond

// identityKey makes the IDs of the claims.
var identityKey = bytes.Repeat([]byte{1}, codec.KeySize)

// house is Temporal, a proxy and a worker, each of which may be killed.
type house struct {
	t          *testing.T
	secrets    sandbox.Secrets
	ring       *codec.Ring
	client     client.Client
	gate       *gate
	address    string // Temporal's own; the proxy comes through the gate
	file       string
	proxyURL   string
	metricsURL string
	env        []string

	temporal, proxy, worker *process
	down                    atomic.Bool // Temporal is not there
	counted                 counts      // by proxies that have been killed
}

// open starts a house that closes with the test.
func open(t *testing.T) *house {
	t.Helper()
	secrets, err := sandbox.GenerateSecrets()
	require.NoError(t, err)
	public, err := secrets.SendGridPublicKey()
	require.NoError(t, err)
	keys := "k1:" + randomKey()
	ring, err := codec.ParseRing(keys)
	require.NoError(t, err)
	folder := t.TempDir()
	h := &house{
		t: t, secrets: secrets, ring: ring, address: freeport.Address(t), file: filepath.Join(folder, "temporal.db"), counted: counts{},
	}
	h.gate = openGate(t, h.address)
	webhooks, metrics := freeport.Address(t), freeport.Address(t)
	h.proxyURL, h.metricsURL = "http://"+webhooks, "http://"+metrics+"/metrics"
	h.env = []string{
		"HOME=" + folder, "PAYLOAD_KEYS=" + keys, "IDENTITY_KEY=" + base64.StdEncoding.EncodeToString(identityKey), "TEMPORAL_ADDRESS=" + h.gate.address,
		"TEMPORAL_NAMESPACE=" + devserver.Namespace, "PROXY_ADDR=" + webhooks, "METRICS_ADDR=" + metrics, "PUBLIC_URL=" + h.proxyURL,
		"INBOX_PATH=" + filepath.Join(folder, "inbox.db"), "ADDRESS_RATE=100000",
		"STRIPE_WEBHOOK_SECRETS=" + secrets.StripeWebhookSecret, "TWILIO_AUTH_TOKEN=" + secrets.TwilioAuthToken,
		"SENDGRID_WEBHOOK_PUBLIC_KEYS=" + public, "GUEST_WEBHOOK_SECRETS=" + secrets.GuestSecret,
		"FAULT_BUDGET=" + budget.String(),
	}
	h.client, err = temporalclient.Dial(t.Context(), temporalclient.Options{
		Program: "test", Address: h.address, Namespace: devserver.Namespace, Keys: ring, RequireKeys: true, Lazy: true,
	})
	require.NoError(t, err)
	t.Cleanup(h.client.Close)
	h.startTemporal()
	h.startWorker()
	h.startProxy()
	return h
}

func (h *house) startTemporal() {
	h.t.Helper()
	h.temporal = h.start("temporal", devserver.Command(h.t, devserver.Settings{File: h.file, HostPort: h.address}))
	h.eventually(30*time.Second, "Temporal answers", func() bool {
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Second)
		defer cancel()
		_, err := h.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: devserver.Namespace})
		return err == nil
	})
	h.down.Store(false)
}

func (h *house) killTemporal() {
	h.t.Helper()
	h.down.Store(true)
	h.temporal.kill(h.t)
}

func (h *house) startWorker() {
	h.t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(append([]string(nil), h.env...), asWorker+"="+h.address)
	h.worker = h.start("worker", command)
}

// startProxy starts a proxy that serves when the call returns.
func (h *house) startProxy(env ...string) {
	h.t.Helper()
	program, err := proxyProgram()
	require.NoError(h.t, err)
	command := exec.Command(program)
	command.Env = append(append([]string(nil), h.env...), env...)
	h.proxy = h.start("proxy", command)
	h.eventually(20*time.Second, "the proxy serves", func() bool { return h.get("/healthz") == http.StatusOK })
}

// killProxy notes first what the proxy has counted.
func (h *house) killProxy() {
	h.t.Helper()
	counted := h.scrape()
	counted.forget("holds ") // the next proxy holds the same
	h.counted.add(counted)
	h.proxy.kill(h.t)
}

// total is what all proxies have counted.
func (h *house) total() counts {
	h.t.Helper()
	all := counts{}
	all.add(h.counted)
	all.add(h.scrape())
	return all
}

func (h *house) get(path string) int {
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.proxyURL+path, nil)
	require.NoError(h.t, err)
	answer, err := unpooled.Do(request)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// unpooled opens a connection for each request, and leaves none behind.
var unpooled = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// receivers start workflows that take facts.
func (h *house) receivers(perRun int, ids ...string) {
	h.t.Helper()
	for _, id := range ids {
		_, err := h.client.ExecuteWorkflow(h.t.Context(), client.StartWorkflowOptions{
			ID: id, TaskQueue: options.QueueJourneys, WorkflowTaskTimeout: 2 * time.Second, // a killed worker's task comes again soon
		}, receiverType, receiver{PerRun: perRun})
		require.NoError(h.t, err)
	}
}

// eventually waits for a condition; it is looked at every 20 ms.
func (h *house) eventually(within time.Duration, what string, condition func() bool) {
	h.t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			h.t.Fatalf("waited %s for: %s", within, what)
		case <-tick.C:
		}
	}
}

// process is a program of the house.
type process struct {
	*exec.Cmd
	name string
	said *said
	done chan struct{}
}

// start runs a program. What it says goes through a pipe, so that a limit on its
// files is no limit on its words.
func (h *house) start(name string, command *exec.Cmd) *process {
	h.t.Helper()
	p := &process{Cmd: command, name: name, said: &said{}, done: make(chan struct{})}
	p.Stdout, p.Stderr = p.said, p.said
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(h.t, p.Start())
	go func() {
		_ = p.Wait()
		close(p.done)
	}()
	h.t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
		if h.t.Failed() {
			h.t.Logf("last of %s, pid %d:\n%s", name, p.Process.Pid, p.said.tail(3000))
		}
	})
	return p
}

// kill ends a program as a power cut does, and fails if it had ended before.
func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Kill(), "%s has ended by itself: %s", p.name, p.said.tail(3000))
	p.killed(t)
}

// killed waits for the end, which must have been a kill.
func (p *process) killed(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
		require.Equal(t, "signal: killed", p.ProcessState.String(), "%s: %s", p.name, p.said.tail(3000))
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was not killed: %s", p.name, p.said.tail(3000))
	}
}

// said is what a program wrote.
type said struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *said) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(text)
}

func (s *said) tail(limit int) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return string(s.text.Bytes()[max(0, s.text.Len()-limit):])
}

func randomKey() string {
	key := make([]byte, codec.KeySize)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

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
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/options"
	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/program"
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

	temporal, proxy, worker *program.Program
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
	h.temporal = h.start("temporal", devserver.Command(h.t, devserver.Settings{File: h.file, HostPort: h.address}), func() bool {
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
	h.temporal.Kill()
}

func (h *house) startWorker() {
	h.t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(append([]string(nil), h.env...), asWorker+"="+h.address)
	h.worker = h.start("worker", command, nil)
}

// startProxy starts a proxy that serves when the call returns.
func (h *house) startProxy(env ...string) {
	h.t.Helper()
	binary, err := proxyProgram()
	require.NoError(h.t, err)
	command := exec.Command(binary)
	command.Env = append(append([]string(nil), h.env...), env...)
	h.proxy = h.start("proxy", command, func() bool { return h.get("/healthz") == http.StatusOK })
}

// killProxy notes first what the proxy has counted.
func (h *house) killProxy() {
	h.t.Helper()
	counted := h.scrape()
	counted.forget("holds ") // the next proxy holds the same
	h.counted.add(counted)
	h.proxy.Kill()
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

// start runs a program that the end of the test kills. What it says goes through a
// pipe, so that a limit on its files is no limit on its words.
func (h *house) start(name string, command *exec.Cmd, ready func() bool) *program.Program {
	h.t.Helper()
	return program.Start(h.t, program.Settings{Name: name, Command: command, Ready: ready, Killed: true})
}

func randomKey() string {
	key := make([]byte, codec.KeySize)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

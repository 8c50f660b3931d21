package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// asProxy makes the test binary run as the proxy itself.
const asProxy = "WEBHOOKPROXY_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProxy) != "" {
		main()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var key = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))

// start runs the proxy as a process of its own.
func start(t testing.TB, environment map[string]string) *exec.Cmd {
	t.Helper()
	all := map[string]string{
		asProxy: "1", "PAYLOAD_KEYS": "k1:" + key, "IDENTITY_KEY": key, "PROXY_ADDR": "127.0.0.1:0", "METRICS_ADDR": "127.0.0.1:0",
		"TEMPORAL_ADDRESS": "127.0.0.1:1", "INBOX_PATH": filepath.Join(t.TempDir(), "inbox.db"),
	}
	for name, value := range environment {
		all[name] = value
	}
	command := exec.CommandContext(t.Context(), os.Args[0])
	for name, value := range all {
		command.Env = append(command.Env, name+"="+value)
	}
	return command
}

func TestBadSettingIsOneLineAndExitCode2(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]string
		want   string
	}{
		"no keys":         {map[string]string{"PAYLOAD_KEYS": ""}, "PAYLOAD_KEYS: "},
		"no identity key": {map[string]string{"IDENTITY_KEY": "canary"}, "IDENTITY_KEY: "},
		"address":         {map[string]string{"PROXY_ADDR": "8080"}, "PROXY_ADDR: "},
		"metrics":         {map[string]string{"METRICS_ADDR": "9464"}, "METRICS_ADDR: "},
		"public key":      {map[string]string{"SENDGRID_WEBHOOK_PUBLIC_KEYS": "canary"}, "SENDGRID_WEBHOOK_PUBLIC_KEYS: "},
		"guest secret":    {map[string]string{"GUEST_WEBHOOK_SECRETS": "canary"}, "GUEST_WEBHOOK_SECRETS: "},
		"extra comma":     {map[string]string{"STRIPE_WEBHOOK_SECRETS": "canary, ,"}, "STRIPE_WEBHOOK_SECRETS: "},
		"no public URL":   {map[string]string{"TWILIO_AUTH_TOKEN": "canary"}, "PUBLIC_URL: "},
		"public URL":      {map[string]string{"PUBLIC_URL": "hooks.example.com"}, "PUBLIC_URL: "},
		"query":           {map[string]string{"PUBLIC_URL": "https://hooks.example.com?a=canary"}, "PUBLIC_URL: "},
		"no program":      {map[string]string{"HUBSPOT_START_FORMS": "canary"}, "HUBSPOT_START_PROGRAM: "},
		"no starts":       {map[string]string{"HUBSPOT_STARTS_PER_HOUR": "0"}, "HUBSPOT_STARTS_PER_HOUR: "},
		"assistants":      {map[string]string{"VAPI_ASSISTANTS": "de=canary"}, "VAPI_ASSISTANTS: "},
		"assistant":       {map[string]string{"VAPI_DEFAULT_ASSISTANT": "canary!"}, "VAPI_DEFAULT_ASSISTANT: "},
		"traces":          {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "canary"}, "OTEL_EXPORTER_OTLP_ENDPOINT: "},
		"secrets file":    {map[string]string{"WEBHOOK_SECRETS_FILE": "/none/canary"}, "WEBHOOK_SECRETS_FILE: "},
		"proxies":         {map[string]string{"TRUSTED_PROXIES": "canary"}, "TRUSTED_PROXIES: "},
		"allowed":         {map[string]string{"ALLOWED_ADDRESSES": "stripe=canary"}, "ALLOWED_ADDRESSES: "},
		"allowed whom":    {map[string]string{"ALLOWED_ADDRESSES": "nobody=10.0.0.0/8"}, `ALLOWED_ADDRESSES: "nobody"`},
		"rate":            {map[string]string{"ADDRESS_RATE": "0"}, "ADDRESS_RATE: "},
		"no number":       {map[string]string{"HUBSPOT_STARTS_PER_HOUR": "canary"}, "HUBSPOT_STARTS_PER_HOUR: "},
		"empty form":      {map[string]string{"HUBSPOT_START_FORMS": "a,,b", "HUBSPOT_START_PROGRAM": "p"}, "HUBSPOT_START_FORMS"},
	} {
		t.Run(name, func(t *testing.T) {
			said, err := start(t, test.change).CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, 2, exit.ExitCode())
			require.Contains(t, string(said), test.want)
			require.Equal(t, 1, strings.Count(string(said), "\n"), "one line: %s", said)
			require.NotContains(t, string(said), "canary")
		})
	}
}

func TestBusyPortNamesItsVariable(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close() //nolint:errcheck // the test is over
	for _, variable := range []string{"PROXY_ADDR", "METRICS_ADDR"} {
		said, err := start(t, map[string]string{variable: taken.Addr().String()}).CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 1, exit.ExitCode())
		require.Contains(t, string(said), variable)
		require.Contains(t, string(said), taken.Addr().String())
	}
}

// Without Temporal the proxy runs, is ready to keep what comes, and stops cleanly
// with a request under way.
func TestRunsWithoutTemporalAndStopsCleanly(t *testing.T) {
	for _, stop := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(stop.String(), func(t *testing.T) {
			command := start(t, map[string]string{"STRIPE_WEBHOOK_SECRETS": "whsec_x"})
			logs, err := command.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, command.Start())
			lines := bufio.NewScanner(logs)
			webhooks, metrics := "http://"+listening(t, lines, "webhooks"), "http://"+listening(t, lines, "metrics")

			require.Equal(t, http.StatusOK, status(t, webhooks+"/healthz"))
			require.Equal(t, http.StatusOK, status(t, webhooks+"/readyz"), "it can keep what comes")
			require.Equal(t, http.StatusNotFound, status(t, webhooks+"/metrics"), "metrics have their own listener")
			require.Equal(t, http.StatusOK, status(t, metrics+"/metrics"))
			require.Equal(t, http.StatusNotFound, status(t, metrics+"/webhooks/stripe"))

			// A request whose body has begun is answered before the process ends.
			address := strings.TrimPrefix(webhooks, "http://")
			connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
			require.NoError(t, err)
			defer connection.Close() //nolint:errcheck // read to its end
			_, err = fmt.Fprintf(connection, "POST /webhooks/stripe HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
			require.NoError(t, err)
			answer := bufio.NewReader(connection)
			invited, err := answer.ReadString('\n') // the handler is reading
			require.NoError(t, err)
			require.Contains(t, invited, "100 Continue")

			begun := time.Now()
			require.NoError(t, command.Process.Signal(stop))
			require.Eventually(t, func() bool {
				probe, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
				if err != nil {
					return true
				}
				return probe.Close() != nil
			}, 5*time.Second, time.Millisecond, "new connections are refused")
			_, err = io.WriteString(connection, "{}")
			require.NoError(t, err)
			rest, err := io.ReadAll(answer)
			require.NoError(t, err)
			require.Contains(t, string(rest), "401 Unauthorized")
			for lines.Scan() {
				require.True(t, json.Valid(lines.Bytes()), lines.Text())
			}
			require.NoError(t, command.Wait())
			require.Less(t, time.Since(begun), 10*time.Second)
		})
	}
}

// listening reads log lines until a listener is up and returns its address.
func listening(t testing.TB, lines *bufio.Scanner, name string) string {
	t.Helper()
	for lines.Scan() {
		var line struct{ Msg, For, Address string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.Text())
		if line.Msg == "listening" && line.For == name {
			return line.Address
		}
	}
	t.Fatalf("no listener for %s", name)
	return ""
}

func status(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	require.NoError(t, err)
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

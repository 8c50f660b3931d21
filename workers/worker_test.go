package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/logtest"
	"guestjourney/internal/temporalclient"
)

const patience = 30 * time.Second

var someKey = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{3}, codec.KeySize))

// environment is a complete one, with every vendor at the given address.
func environment(t *testing.T, vendors string, change map[string]string) {
	t.Helper()
	all := map[string]string{
		"PAYLOAD_KEYS": "k1:" + someKey, "IDENTITY_KEY": someKey, "METRICS_ADDR": "127.0.0.1:0",
		"GUEST_APP_URL": "https://guests.example", "PUBLIC_URL": "https://hooks.example",
		"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_BASE_URL": vendors + "/stripe",
		"HUBSPOT_ACCESS_TOKEN": "pat-1", "HUBSPOT_BASE_URL": vendors + "/hubspot",
		"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_KEY_SID": "SK1", "TWILIO_API_KEY_SECRET": "s", "TWILIO_FROM": "+15005550006", "TWILIO_BASE_URL": vendors + "/twilio",
		"SENDGRID_API_KEY": "SG.1", "SENDGRID_FROM": "stay@casa.example", "SENDGRID_BASE_URL": vendors + "/sendgrid",
		"GOOGLE_ACCESS_TOKEN": "ya29.1", "GOOGLE_CALENDAR_BASE_URL": vendors + "/google",
		"TELEMETRY_URL": vendors, "TELEMETRY_SECRET": telemetrySecret, "RECORDS_DIR": t.TempDir(),
	}
	for name, value := range change {
		all[name] = value
	}
	for name, value := range all {
		t.Setenv(name, value)
	}
}

func TestBadConfigurationIsOneLine(t *testing.T) {
	soon := time.Now().AddDate(0, 0, 30).Format(time.DateOnly)
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	for name, test := range map[string]struct {
		change map[string]string
		code   int
		want   string
	}{
		"no payload keys":     {map[string]string{"PAYLOAD_KEYS": ""}, 2, "PAYLOAD_KEYS: is empty"},
		"bad payload keys":    {map[string]string{"PAYLOAD_KEYS": "k1"}, 2, "PAYLOAD_KEYS: key 1"},
		"no identity key":     {map[string]string{"IDENTITY_KEY": ""}, 2, "IDENTITY_KEY: is empty"},
		"no vendor key":       {map[string]string{"STRIPE_SECRET_KEY": ""}, 2, "STRIPE_SECRET_KEY: is empty"},
		"no secrets":          {map[string]string{"SECRETS_PROVIDER": "vault"}, 2, "SECRETS_PROVIDER: want environment or aws"},
		"vendor's rate":       {map[string]string{"TWILIO_RATE": "quick"}, 2, "TWILIO_RATE: want a number"},
		"no rate":             {map[string]string{"GOOGLE_RATE": "0"}, 2, "GOOGLE_RATE: want more than 0"},
		"vendor's address":    {map[string]string{"HUBSPOT_BASE_URL": "nowhere"}, 2, "HUBSPOT_*: "},
		"vendor's version":    {map[string]string{"HUBSPOT_API_VERSION": "v1"}, 2, "HUBSPOT_*: "},
		"vendor's stages":     {map[string]string{"HUBSPOT_STAGES": "nostage=1"}, 2, "HUBSPOT_*: "},
		"two credentials":     {map[string]string{"GOOGLE_CREDENTIALS_FILE": "/x"}, 2, "GOOGLE_ACCESS_TOKEN, GOOGLE_CREDENTIALS_FILE: set one"},
		"programs":            {map[string]string{"PROGRAMS_DIR": t.TempDir()}, 2, "PROGRAMS_DIR"},
		"sticky cache":        {map[string]string{"STICKY_CACHE_SIZE": "-1"}, 2, "STICKY_CACHE_SIZE: want 0 or more"},
		"backlog interval":    {map[string]string{"BACKLOG_INTERVAL": "0s"}, 2, "BACKLOG_INTERVAL: want more than 0"},
		"report interval":     {map[string]string{"HEALTH_REPORT_INTERVAL": "0s"}, 2, "HEALTH_REPORT_INTERVAL: want more than 0"},
		"stop timeout":        {map[string]string{"STOP_TIMEOUT": "0s"}, 2, "STOP_TIMEOUT: want more than 0"},
		"traces":              {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, 2, "OTEL_EXPORTER_OTLP_ENDPOINT: want the collector"},
		"staff's telephone":   {map[string]string{"STAFF_ALERT_PHONES": "+14155550134,12"}, 2, "STAFF_ALERT_PHONES: entry 2: phone: "},
		"staff's address":     {map[string]string{"STAFF_ALERT_EMAILS": "duty at casa.example"}, 2, "STAFF_ALERT_EMAILS: entry 1: email: "},
		"our own number":      {map[string]string{"HEALTH_SMS_TO": "12"}, 2, "HEALTH_SMS_TO: phone: "},
		"texts to ourselves":  {map[string]string{"HEALTH_SMS_EVERY": "0s"}, 2, "HEALTH_SMS_EVERY: want more than 0"},
		"who watches":         {map[string]string{"STAFF_FILE": staffFile(t, soon), "TELEMETRY_URL": ""}, 2, "TELEMETRY_URL: is empty; with STAFF_FILE"},
		"what is watched":     {map[string]string{"STAFF_FILE": staffFile(t, soon), "TELEMETRY_SECRET": "x"}, 2, "TELEMETRY_*: telemetry: the secret"},
		"no staff file":       {map[string]string{"STAFF_FILE": "/nowhere/staff.json"}, 2, "STAFF_FILE: cannot be read: no such file"},
		"staff's last day":    {map[string]string{"STAFF_FILE": staffFile(t, "2026-01-01")}, 2, "STAFF_FILE: coversUntil: 2026-01-01 is over"},
		"who calls staff":     {map[string]string{"STAFF_FILE": staffFile(t, soon), "TWILIO_FROM": "MG1"}, 2, "TWILIO_*: paging: the number that calls"},
		"log level":           {map[string]string{"LOG_LEVEL": "loud"}, 2, "LOG_LEVEL"},
		"metrics address":     {map[string]string{"METRICS_ADDR": "127.0.0.1:99999"}, 1, "METRICS_ADDR moves them"},
		"Temporal is missing": {nil, 1, "no Temporal at 127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, "http://127.0.0.1:1", test.change)
			var log bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			require.Equal(t, test.code, run(ctx, &log))
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			require.Len(t, lines, 1, log.String())
			require.True(t, strings.HasPrefix(lines[0], "workers: "), lines[0])
			require.Contains(t, lines[0], test.want)
			require.NotContains(t, lines[0], someKey)
		})
	}
}

// process is a running worker.
type process struct {
	stop func()
	code chan int
	log  *logtest.Log
}

func startProcess(t *testing.T, server *devserver.Server) *process {
	t.Helper()
	t.Setenv("TEMPORAL_ADDRESS", server.HostPort)
	t.Setenv("TEMPORAL_NAMESPACE", devserver.Namespace)
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{stop: cancel, code: make(chan int, 1), log: &logtest.Log{}}
	go func() { p.code <- run(ctx, p.log) }()
	t.Cleanup(cancel)
	require.Eventually(t, func() bool {
		select {
		case code := <-p.code:
			t.Fatalf("ended with %d: %s", code, p.log)
		default:
		}
		return strings.Contains(p.log.String(), `"workers started"`)
	}, patience, 20*time.Millisecond)
	return p
}

func (p *process) end(t *testing.T) int {
	t.Helper()
	p.stop()
	select {
	case code := <-p.code:
		return code
	case <-time.After(patience):
		t.Fatalf("does not stop: %s", p.log)
		return -1
	}
}

func dial(t *testing.T, server *devserver.Server) client.Client {
	t.Helper()
	ring, err := codec.ParseRing("k1:" + someKey)
	require.NoError(t, err)
	connection, err := temporalclient.Dial(t.Context(), temporalclient.Options{Program: "test", Keys: ring, RequireKeys: true, Address: server.HostPort, Namespace: devserver.Namespace})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// TestEveryQueueIsServed: workflows on one queue only, each capability on its own.
func TestEveryQueueIsServed(t *testing.T) {
	server := devserver.Start(t)
	metrics := freeport.Address(t)
	environment(t, "http://127.0.0.1:1", map[string]string{"METRICS_ADDR": metrics})
	p := startProcess(t, server)
	connection := dial(t, server)

	polled := func(queue string, kind enums.TaskQueueType) bool {
		described, err := connection.WorkflowService().DescribeTaskQueue(t.Context(), &workflowservice.DescribeTaskQueueRequest{
			Namespace: devserver.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: queue}, TaskQueueType: kind,
		})
		require.NoError(t, err)
		return len(described.GetPollers()) > 0
	}
	for _, queue := range []string{options.QueueJourneys, options.QueuePayments, options.QueueCRM, options.QueueEmail, options.QueueSMS, options.QueueCalendar} {
		require.Eventually(t, func() bool { return polled(queue, enums.TASK_QUEUE_TYPE_ACTIVITY) }, patience, 50*time.Millisecond, queue)
		if queue != options.QueueJourneys {
			require.False(t, polled(queue, enums.TASK_QUEUE_TYPE_WORKFLOW), queue)
		}
	}
	require.True(t, polled(options.QueueJourneys, enums.TASK_QUEUE_TYPE_WORKFLOW))

	for _, path := range []string{"/healthz", "/readyz"} {
		code, _ := get(t, "http://"+metrics+path)
		require.Equal(t, http.StatusNoContent, code, path)
	}
	code, text := get(t, "http://"+metrics+"/metrics")
	require.Equal(t, http.StatusOK, code)
	for _, series := range []string{"temporal_worker_start_total", "temporal_request_latency_seconds_bucket", "go_goroutines", `task_queue="payments"`} {
		require.Contains(t, text, series)
	}
	require.Zero(t, p.end(t))
	for _, line := range strings.Split(strings.TrimSpace(p.log.String()), "\n") {
		require.True(t, json.Valid([]byte(line)), "every line is JSON: %s", line)
	}
	require.NotContains(t, p.log.String(), someKey)
}

// TestStopInterruptsAHangingCall: a vendor that does not answer delays the stop
// by STOP_TIMEOUT and no longer, and the next worker makes the call again at
// once: long before the activity's own timeout of 35 s.
func TestStopInterruptsAHangingCall(t *testing.T) {
	server := devserver.Start(t)
	reached, hang := make(chan struct{}, 10), make(chan struct{})
	vendor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(vendor.Close)
	t.Cleanup(func() { close(hang) })
	environment(t, vendor.URL, map[string]string{"STOP_TIMEOUT": "1s"})
	p := startProcess(t, server)
	run := sendText(t, dial(t, server))
	<-reached

	began := time.Now()
	require.Zero(t, p.end(t))
	require.Less(t, time.Since(began), 6*time.Second)
	require.GreaterOrEqual(t, time.Since(began), 700*time.Millisecond, "it may finish until then")

	startProcess(t, server)
	select {
	case <-reached:
	case <-time.After(15 * time.Second):
		t.Fatalf("the call of %s is not made again", run.GetID())
	}
}

// sendText runs a workflow of the test's own, which asks the worker's sms queue
// to send a text.
func sendText(t *testing.T, connection client.Client) client.WorkflowRun {
	t.Helper()
	w := worker.New(connection, "test", worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		_, err := sms.Send(ctx, options.Effect{Key: "test/1", FirstTry: true, Since: workflow.Now(ctx)}, sms.Message{
			To: "+15005550001", Template: wording.Help, Locale: "en",
		}).Get(ctx)
		return err
	}, workflow.RegisterOptions{Name: "sendText"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	run, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "test"}, "sendText")
	require.NoError(t, err)
	return run
}

// TestDefaults keeps the reference in the README honest.
func TestDefaults(t *testing.T) {
	environment(t, "http://127.0.0.1:1", nil)
	set, err := config.Load[settings]()
	require.NoError(t, err)
	require.NoError(t, set.check())
	require.Equal(t, "80 10 20 50 8", fmt.Sprint(set.Stripe.Rate, set.HubSpot.Rate, set.Twilio.Rate, set.SendGrid.Rate, set.Google.Rate))
	require.Equal(t, 40*time.Second, set.StopTimeout)
	require.Greater(t, set.StopTimeout, options.Outside.StartToClose, "a rollout interrupts no call")
	require.Equal(t, 2*time.Second, set.StickyTimeout)
	require.False(t, set.AllowPlaintext)
}

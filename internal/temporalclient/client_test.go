package temporalclient_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/protojson"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
)

// TestRequestID: the server takes a known request ID for done.
func TestRequestID(t *testing.T) {
	server := devserver.Start(t)
	program := dial(t, server, newKeys, false)
	run := begin(t, program, "requests", "opening")
	ctx := temporalclient.WithRequestID(within(t), "event-1")
	for range 3 {
		require.NoError(t, program.SignalWorkflow(ctx, run.GetID(), "", "write", "line"))
		_, err := program.SignalWithStartWorkflow(ctx, run.GetID(), "write", "line", client.StartWorkflowOptions{TaskQueue: "requests"}, "story", "opening")
		require.NoError(t, err)
	}
	require.NoError(t, program.SignalWorkflow(within(t), run.GetID(), "", "write", "line"), "without an ID each counts")
	require.NoError(t, program.SignalWorkflow(within(t), run.GetID(), "", "write", "line"))
	require.Equal(t, 3, count(t, program, run, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED))

	// The same start again is the same run, although IDs may not be used twice.
	start := func(id string) (client.WorkflowRun, error) {
		return program.ExecuteWorkflow(temporalclient.WithRequestID(within(t), id), client.StartWorkflowOptions{
			ID: "story/started-once", TaskQueue: "requests", WorkflowExecutionErrorWhenAlreadyStarted: true,
			WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		}, "story", "opening")
	}
	first, err := start("start-1")
	require.NoError(t, err)
	again, err := start("start-1")
	require.NoError(t, err)
	require.Equal(t, first.GetRunID(), again.GetRunID())
	_, err = start("start-2")
	require.Error(t, err)
}

func count(t *testing.T, on client.Client, run client.WorkflowRun, want enums.EventType) int {
	t.Helper()
	found := 0
	events := on.GetWorkflowHistory(within(t), run.GetID(), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if event.GetEventType() == want {
			found++
		}
	}
	return found
}

// TestHistoryIsUnreadable searches a history for what the guest said, the text
// of a failure included; without the codec the same search finds all of it.
func TestHistoryIsUnreadable(t *testing.T) {
	const canary = "Canary-Guest-7731"
	server := devserver.Start(t)

	sealed := dial(t, server, newKeys, false)
	require.NotContains(t, recorded(t, sealed, dial(t, server, newKeys, true), "sealed", canary), canary)

	plain, err := temporalclient.Dial(within(t), temporalclient.Options{Address: server.HostPort, Namespace: devserver.Namespace})
	require.NoError(t, err)
	defer plain.Close()
	clear := recorded(t, plain, plain, "clear", canary)
	require.Equal(t, 4, strings.Count(clear, canary), "start and signal, and both again in the result")
	require.Contains(t, clear, "refused-with-reason")
}

// recorded plays a story and returns its history as text, payloads decoded from
// base64 where they are not sealed.
func recorded(t *testing.T, program, forWorker client.Client, queue, canary string) string {
	t.Helper()
	runWorkflows(t, forWorker, queue)
	runActivities(t, forWorker, queue)
	run := begin(t, program, queue, canary+"-start")
	handle, err := program.UpdateWorkflow(within(t), client.UpdateWorkflowOptions{
		WorkflowID: run.GetID(), UpdateName: "write", Args: []any{"noted"}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(t, err)
	require.NoError(t, handle.Get(within(t), nil))
	tell(t, program, run, canary+"-signal")
	tell(t, program, run, "fail")
	tell(t, program, run, "end")
	require.Contains(t, ending(t, run), "refused-with-reason")

	var text strings.Builder
	events := program.GetWorkflowHistory(within(t), run.GetID(), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		text.WriteString(protojson.Format(event))
		for _, payloads := range [][]*commonpb.Payload{
			event.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads(),
			event.GetWorkflowExecutionSignaledEventAttributes().GetInput().GetPayloads(),
			event.GetWorkflowExecutionCompletedEventAttributes().GetResult().GetPayloads(),
		} {
			for _, payload := range payloads {
				text.Write(payload.GetData())
			}
		}
	}
	return text.String()
}

func TestIdentityHidesTheHost(t *testing.T) {
	server := devserver.Start(t)
	program := dial(t, server, newKeys, false)
	run := begin(t, program, "identity", "opening")
	events := program.GetWorkflowHistory(within(t), run.GetID(), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := events.Next()
	require.NoError(t, err)
	identity := event.GetWorkflowExecutionStartedEventAttributes().GetIdentity()
	require.Regexp(t, `^test-\d+-[A-Z2-7]{6}$`, identity)
	host, err := os.Hostname()
	require.NoError(t, err)
	require.NotContains(t, identity, host)
}

func TestSecondClientDoesNotPanic(t *testing.T) {
	server := devserver.Start(t)
	run := begin(t, dial(t, server, newKeys, false), "second", "opening")
	runWorkflows(t, dial(t, server, newKeys, true), "second")
	tell(t, dial(t, server, newKeys, false), run, "end")
	ending(t, run)

	forWorker := dial(t, server, oldKeys, true)
	require.Panics(t, func() { _ = forWorker.GetWorkflow(within(t), run.GetID(), "").Get(within(t), new(string)) })
	forActivities, err := temporalclient.ForActivities(within(t), forWorker, temporalclient.Options{
		Keys: ring(t, oldKeys), RequireKeys: true, PanicOnFailure: true, Namespace: devserver.Namespace,
	})
	require.NoError(t, err)
	defer forActivities.Close()
	require.ErrorContains(t, forActivities.GetWorkflow(within(t), run.GetID(), "").Get(within(t), new(string)), "unknown key")
}

func TestKeysAreRequired(t *testing.T) {
	_, err := temporalclient.Dial(t.Context(), temporalclient.Options{RequireKeys: true, Address: "127.0.0.1:1"})
	require.ErrorContains(t, err, "PAYLOAD_KEYS")
	require.Equal(t, 2, config.ExitCode(err))
}

func TestStandardVariables(t *testing.T) {
	t.Setenv("TEMPORAL_CONFIG_FILE", t.TempDir()+"/none.toml")
	namespace, err := temporalclient.Namespace(temporalclient.Options{})
	require.NoError(t, err)
	require.Equal(t, "guest-journeys", namespace)

	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	t.Setenv("TEMPORAL_NAMESPACE", "elsewhere")
	_, err = temporalclient.Dial(t.Context(), temporalclient.Options{Keys: ring(t, newKeys), RequireKeys: true})
	require.ErrorContains(t, err, "no Temporal at 127.0.0.1:1, namespace elsewhere")

	lazy, err := temporalclient.Dial(t.Context(), temporalclient.Options{Keys: ring(t, newKeys), RequireKeys: true, Lazy: true})
	require.NoError(t, err, "a lazy client connects at its first call")
	lazy.Close()

	t.Setenv("TEMPORAL_TLS_CLIENT_CERT_DATA", "no certificate")
	_, err = temporalclient.Dial(t.Context(), temporalclient.Options{})
	require.Equal(t, 2, config.ExitCode(err))
}

func TestProfile(t *testing.T) {
	file := t.TempDir() + "/temporal.toml"
	require.NoError(t, os.WriteFile(file, []byte("[profile.stay]\nnamespace = \"of-the-profile\"\n"), 0o600))
	t.Setenv("TEMPORAL_CONFIG_FILE", file)
	t.Setenv("TEMPORAL_PROFILE", "stay")
	namespace, err := temporalclient.Namespace(temporalclient.Options{})
	require.NoError(t, err)
	require.Equal(t, "of-the-profile", namespace)
}

func TestDataConverterMarksRawValues(t *testing.T) {
	data := temporalclient.DataConverter(ring(t, newKeys))
	payload, err := data.ToPayload(map[string]string{"a": "b"})
	require.NoError(t, err)
	var raw converter.RawValue
	require.NoError(t, data.FromPayload(payload, &raw))
	require.Equal(t, "1", string(raw.Payload().GetMetadata()[codec.SealedMark]))
	require.JSONEq(t, `{"a":"b"}`, string(raw.Payload().GetData()))

	clear, err := temporalclient.DataConverter(nil).ToPayload("x")
	require.NoError(t, err)
	require.NoError(t, data.FromPayload(clear, &raw))
	require.NotContains(t, raw.Payload().GetMetadata(), codec.SealedMark)
}

func TestFailuresAreSealed(t *testing.T) {
	failures := temporalclient.FailureConverter(temporalclient.DataConverter(ring(t, newKeys)))
	failure := failures.ErrorToFailure(temporal.NewApplicationError("for Ana", "Refused", "detail of Ana"))
	require.NotContains(t, protojson.Format(failure), "Ana")
	require.ErrorContains(t, failures.FailureToError(failure), "for Ana")
}

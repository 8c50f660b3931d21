package replaytest

import (
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/health"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/rotation"
)

// required is what the corpus must hold: every way with the types that it is
// about. A recorder that loses one silently would make the replay worth less.
var required = map[string][]string{
	"happy":                        {journey.Type, payment.Type, appointment.Type, profile.Type, profile.ClaimType},
	"cancel_with_refund":           {journey.Type, payment.Type, appointment.Type},
	"cancel_by_temporal":           {journey.Type},
	"reschedule":                   {journey.Type, appointment.Type},
	"late_payment":                 {journey.Type, payment.Type},
	"balance_paid_on_page":         {journey.Type, payment.Type},
	"webhook_first":                {journey.Type, payment.Type},
	"webhooks_duplicate_reordered": {journey.Type, payment.Type},
	"provider_down":                {journey.Type, payment.Type, appointment.Type},
	"no_response":                  {journey.Type},
	"offer_expired":                {journey.Type, appointment.Type},
	"offer_declined":               {journey.Type},
	"parked_tried_again":           {journey.Type},
	"parked_skipped":               {journey.Type},
	"held_and_released":            {journey.Type, payment.Type, appointment.Type},
	"opted_out":                    {journey.Type, profile.Type},
	"text_of_a_stranger":           {profile.ClaimType},
	"crm_contacts":                 {profile.ClaimType},
	"refused":                      {journey.Type},
	"continue_as_new":              {journey.Type, payment.Type, appointment.Type, profile.Type, profile.ClaimType},
	"reset":                        {journey.Type},
	"open_parked":                  {journey.Type},
	"open_retrying":                {journey.Type},
	"open_held_conversing":         {journey.Type},
	"open_held_pre_arrival":        {journey.Type},
	"open_conversing":              {journey.Type},
	"open_offer_without_place":     {journey.Type, appointment.Type},
	"open_offer":                   {journey.Type},
	"open_deposit_without_page":    {journey.Type, payment.Type},
	"open_deposit_pending":         {journey.Type},
	"open_booked":                  {journey.Type, appointment.Type},
	"open_pre_arrival":             {journey.Type},
	"open_unpaid_at_arrival":       {journey.Type, payment.Type},
	"open_in_program":              {journey.Type},
	"open_aftercare":               {journey.Type},
	"open_cancelling":              {journey.Type, payment.Type},
	"event_found":                  {inbox.Type},
	"event_begun":                  {inbox.Type},
	"event_elsewhere":              {inbox.Type},
	"event_discarded":              {inbox.Type},
	"event_expired":                {inbox.Type},
	"open_event":                   {inbox.Type},
	"providers_watched":            {health.Type, health.CheckType},
	"secret_replaced":              {rotation.Type, rotation.RoundType},
	"secret_refused":               {rotation.Type},
}

func TestReplayEveryRecordedHistory(t *testing.T) {
	replayer := newReplayer(t)
	for _, path := range corpus(t) {
		name := strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(path, filepath.FromSlash(Histories))), ".json.gz")
		t.Run(strings.TrimPrefix(name, "/"), func(t *testing.T) {
			require.NoError(t, replay(replayer, read(t, path)))
		})
	}
}

// TestTracingChangesNoCommand: histories that were recorded without traces
// replay in a worker that records them.
func TestTracingChangesNoCommand(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tracing, err := temporalclient.TracingInterceptor(trace.NewTracerProvider(trace.WithSyncer(spans)))
	require.NoError(t, err)
	replayer := newReplayer(t, tracing)
	for _, path := range corpus(t) {
		if scenario := filepath.Base(filepath.Dir(path)); scenario == "happy" || scenario == "continue_as_new" {
			require.NoError(t, replay(replayer, read(t, path)), path)
		}
	}
	require.NotEmpty(t, spans.GetSpans(), "nothing was traced")
}

func TestTheCorpusIsWhole(t *testing.T) {
	found := map[string]int{}
	for _, path := range corpus(t) {
		workflowType, _, _ := strings.Cut(filepath.Base(path), "-")
		require.Equal(t, workflowType, started(read(t, path)).GetWorkflowType().GetName(), path)
		found[filepath.Base(filepath.Dir(path))+"/"+workflowType]++
	}
	for scenario, types := range required {
		for _, workflowType := range types {
			require.NotZero(t, found[scenario+"/"+workflowType], "no %s of %s: `make histories` has lost it", workflowType, scenario)
		}
	}
	require.GreaterOrEqual(t, found["continue_as_new/"+journey.Type], 3, "a chain has several runs")
	require.GreaterOrEqual(t, found["reset/"+journey.Type], 2, "the run that was reset, and the new one")
}

// TestAnOpenRunIsOpen: an open_ history that has ended would not test what its
// name says; the others end, or the corpus has no results to compare.
func TestAnOpenRunIsOpen(t *testing.T) {
	for _, path := range corpus(t) {
		scenario := filepath.Base(filepath.Dir(path))
		if !strings.HasPrefix(scenario, "open_") || !strings.HasPrefix(filepath.Base(path), journey.Type) {
			continue
		}
		events := read(t, path).GetEvents()
		require.NotEqual(t, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, events[len(events)-1].GetEventType(), path)
	}
}

// The positive controls: what must fail, fails.

func TestReplayNoticesASwapInTheHistory(t *testing.T) {
	history := happy(t)
	first, second := firstTwo(t, history)
	first.ActivityType, second.ActivityType = second.ActivityType, first.ActivityType
	requireNondeterminism(t, replay(newReplayer(t), history))
}

func TestReplayNoticesASwapInTheWorkflow(t *testing.T) {
	history := happy(t)
	first, second := firstTwo(t, history)
	one, other := first.GetActivityType().GetName(), second.GetActivityType().GetName()
	build := func(order map[string]string) worker.WorkflowReplayer {
		return newReplayer(t, &reordering{order: order})
	}
	require.NoError(t, replay(build(nil), history), "in the recorded order it replays")
	requireNondeterminism(t, replay(build(map[string]string{one: other, other: one}), history))
}

// reordering makes the workflow ask for one activity where its code asks for
// another: the commands of a build with two steps swapped.
type reordering struct {
	interceptor.WorkerInterceptorBase
	order map[string]string
}

func (r *reordering) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &reorderedInbound{order: r.order}
	inbound.Next = next
	return inbound
}

type reorderedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	order map[string]string
}

func (r *reorderedInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	reordered := &reorderedOutbound{order: r.order}
	reordered.Next = outbound
	return r.Next.Init(reordered)
}

type reorderedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	order map[string]string
}

func (r *reorderedOutbound) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	if other, swapped := r.order[activityType]; swapped {
		activityType = other
	}
	return r.Next.ExecuteActivity(ctx, activityType, args...)
}

// requireNondeterminism wants the SDK's own word for it, not any failure.
func requireNondeterminism(t *testing.T, err error) {
	t.Helper()
	require.ErrorContains(t, err, "[TMPRL1100]")
}

// firstTwo returns the first two steps of a history that are not the same.
func firstTwo(t *testing.T, history *historypb.History) (first, second *historypb.ActivityTaskScheduledEventAttributes) {
	t.Helper()
	for _, event := range history.GetEvents() {
		scheduled := event.GetActivityTaskScheduledEventAttributes()
		switch {
		case scheduled == nil:
		case first == nil:
			first = scheduled
		case scheduled.GetActivityType().GetName() != first.GetActivityType().GetName():
			return first, scheduled
		}
	}
	require.Fail(t, "the history has no two different steps")
	return nil, nil
}

func happy(t *testing.T) *historypb.History {
	t.Helper()
	return read(t, filepath.Join(filepath.FromSlash(Histories), "happy", journey.Type+"-1.json.gz"))
}

// newReplayer knows what a worker knows, and reads payloads as a worker does.
func newReplayer(t *testing.T, interceptors ...interceptor.WorkerInterceptor) worker.WorkflowReplayer {
	t.Helper()
	options := temporalclient.ReplayerOptions(ring(t))
	options.Interceptors = interceptors
	// A busy machine under -race is slow, and that is no deadlock.
	options.DisableDeadlockDetection = true
	replayer, err := worker.NewWorkflowReplayerWithOptions(options)
	require.NoError(t, err)
	workflows.Register(replayer, kit.Policy{AllowPlaintext: func() bool { return false }})
	return replayer
}

func ring(t *testing.T) *codec.Ring {
	t.Helper()
	t.Setenv("PAYLOAD_KEYS", Key)
	keys, err := config.Load[config.PayloadKeys]()
	require.NoError(t, err)
	return keys.Ring()
}

// replay replays under the recorded IDs: effect keys and the IDs of children
// are made of them.
func replay(replayer worker.WorkflowReplayer, history *historypb.History) error {
	return replayer.ReplayWorkflowHistoryWithOptions(nil, history, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: started(history).GetWorkflowId(), RunID: runOf(history)},
	})
}

func started(history *historypb.History) *historypb.WorkflowExecutionStartedEventAttributes {
	return history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
}

// runOf is the run's ID. The first event of a run that was reset names the run
// before; the reset itself names the new one.
func runOf(history *historypb.History) string {
	run := started(history).GetOriginalExecutionRunId()
	for _, event := range history.GetEvents() {
		failed := event.GetWorkflowTaskFailedEventAttributes()
		if failed.GetCause() == enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW {
			run = failed.GetNewRunId()
		}
	}
	return run
}

// corpus lists every recorded history. None is a failure.
func corpus(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(filepath.FromSlash(Histories), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json.gz") {
			paths = append(paths, path)
		}
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, paths, "no history to replay: run `make histories`")
	return paths
}

func read(t *testing.T, path string) *historypb.History {
	t.Helper()
	file, err := os.Open(path) //nolint:gosec // a file of the corpus
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // it was only read
	unpacked, err := gzip.NewReader(file)
	require.NoError(t, err)
	history, err := client.HistoryFromJSON(unpacked, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}

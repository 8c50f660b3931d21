package integration

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/internal/devserver"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/replaytest"
)

// TestRecordHistories records the corpus that workflows/replaytest replays. One
// house runs every way a guest can go; what takes time runs at the same time.
func TestRecordHistories(t *testing.T) {
	// Not a skipped test: the recorder is a tool (`make histories`) that needs
	// this package's house. A corpus recorded anew with every run of the tests
	// would only ever be replayed by the code that wrote it.
	if os.Getenv("RECORD_HISTORIES") != "1" {
		return
	}
	r := openRecorder(t)
	r.parked() // before all others: the worker is restarted after it
	// These three change the providers, and so follow each other.
	ends := []func(){
		r.webhookFirst(), r.duplicates(), r.providerDown(),
		r.happy(), r.reset(), r.chain(), r.lost(), r.cancelled(), r.rescheduled(), r.pastDue(), r.held(), r.optedOut(),
		r.contacts(), r.refused(), r.standing(), r.latePayment(),
		r.cleared(), r.notCleared(), r.neverCame(), r.waited(), r.merged(), r.commanded(),
		r.unrouted(), r.watched(), r.rotated(),
	}
	for _, end := range ends {
		end()
	}
	r.refundPending()
	for _, kept := range r.later {
		r.keep(kept.scenario, kept.id, kept.runs, kept.types...)
	}
	r.onceEach()
	if !t.Failed() {
		r.write()
	}
}

// wrongKey is what the worker begins with; parked takes it away.
const wrongKey = "SENDGRID_API_KEY=wrong"

// recorder is a house with several programs.
type recorder struct {
	*house
	guests int
	later  []later
	files  map[string][]byte // the corpus, by path
}

// later is a scenario that is exported when everything has ended.
type later struct {
	scenario, id string
	runs         int // of the journey
	types        []string
}

func openRecorder(t *testing.T) *recorder {
	catalogue := t.TempDir()
	// A reset looks every effect up, mails too.
	h := open(t, settings{keys: replaytest.Key, emailActivity: true, env: []string{
		"PROGRAMS_DIR=" + writePrograms(t, catalogue),
		"HUBSPOT_START_SOURCES=walk_in", "HUBSPOT_START_PROGRAM=long", "HUBSPOT_STARTS_PER_HOUR=1",
		wrongKey,
	}})
	return &recorder{house: h, files: map[string][]byte{}}
}

// writePrograms writes the programs of the recorder's guests.
func writePrograms(t *testing.T, dir string) string {
	hour := seconds(3600)
	long := quick() // stands still wherever its guest stops
	long.Length, long.CheckIns = 2*hour, []options.Duration{hour}
	long.Session.After, long.Session.Duration = seconds(1), hour
	for _, deadline := range []*options.Duration{
		&long.Deadlines.Captured, &long.Deadlines.Conversing, &long.Deadlines.Offer, &long.Deadlines.Deposit,
		&long.Deadlines.Cancelling, &long.Deadlines.LateWindow, &long.Deadlines.AttendanceAfter,
	} {
		*deadline = 2 * hour
	}
	after := quick()
	after.Length, after.CheckIns = seconds(3), []options.Duration{hour}
	after.Session.After = seconds(1)
	hasty := quick()
	hasty.Deadlines.Deposit, hasty.Deadlines.LateWindow = seconds(6), seconds(30)
	silent := quick()
	silent.Deadlines.Conversing, silent.Deadlines.Offer = seconds(10), seconds(4)
	care := medical()
	carefully := long
	carefully.Stages = care.Stages
	carefully.Deadlines.Screening, carefully.Deadlines.ScreeningNudge = 2*hour, hour
	carefully.Deadlines.ClearanceReview, carefully.Deadlines.ClearanceChecks = 2*hour, care.Deadlines.ClearanceChecks
	carefully.Deadlines.NoShowGrace = 2 * hour
	noShow := medical()
	noShow.Deadlines.CheckIn, noShow.Deadlines.NoShowGrace = seconds(1), seconds(3)
	noShow.Length = seconds(12)
	for code, program := range map[string]programs.Program{"medical": care, "carefully": carefully, "no-show": noShow, "quick": quick(), "long": long, "after": after, "hasty": hasty, "silent": silent} {
		program.Code = code
		data, err := json.Marshal(program)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, code+".json"), data, 0o600))
	}
	return dir
}

// guest starts the journey of a new guest.
func (r *recorder) guest(program string) (id string, who directory.Lead) {
	r.t.Helper()
	r.guests++
	who = lead(r.guests)
	id = newJourneyID()
	_, err := r.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys},
		journey.Type, journey.Input{Lead: who, Program: program, Test: true})
	require.NoError(r.t, err)
	return id, who
}

// waits waits until a journey stands at a wait of this stage.
func (r *recorder) waits(id, stage string, also func(journey.Overview) bool) journey.Overview {
	r.t.Helper()
	var view journey.Overview
	var failure error
	defer func() {
		if r.t.Failed() {
			r.t.Logf("last seen of %s: %+v, %v", id, view, failure)
		}
	}()
	r.eventually(40*time.Second, id+" waits in stage "+stage, func() bool {
		seen, err := r.status(id)
		view, failure = seen, err
		return err == nil && seen.Stage == stage && seen.WaitsFor != "" && (also == nil || also(seen))
	})
	return view
}

// way is what a guest does on the way to the stay, stage by stage. A stage is
// reached when the journey waits in it and ready says so.
var way = []struct {
	stage string
	ready func(journey.Overview) bool
	act   func(r *recorder, id string, arrival time.Duration, view journey.Overview) error
}{
	{"conversing", nil, func(r *recorder, id string, arrival time.Duration, _ journey.Overview) error {
		if _, err := r.sandbox.SubmitIntake(id, time.Now().Add(arrival).UTC().Format(time.RFC3339)); err != nil {
			return err
		}
		_, err := r.sandbox.Consent(id, "health_data", true, "1")
		return err
	}},
	{"offer", func(view journey.Overview) bool { return view.Session.State == "held" }, func(r *recorder, id string, _ time.Duration, _ journey.Overview) error {
		if _, err := r.sandbox.AcceptPolicy(id, "1", "203.0.113.7"); err != nil {
			return err
		}
		_, err := r.sandbox.AnswerOffer(id, "accepted")
		return err
	}},
	{"deposit_pending", func(view journey.Overview) bool { return view.Money.Pages > 0 }, func(r *recorder, _ string, _ time.Duration, view journey.Overview) error {
		return r.payOn(view.Money.PageURL, sandbox.PayOptions{})
	}},
	{"pre_arrival", nil, nil},
}

// walk leads a guest from one stage to another; arrival counts from the intake.
func (r *recorder) walk(id string, arrival time.Duration, from, to string) {
	r.t.Helper()
	walking := false
	for _, step := range way {
		walking = walking || step.stage == from
		if !walking {
			continue
		}
		view := r.waits(id, step.stage, step.ready)
		if step.stage == to {
			return
		}
		require.NoError(r.t, step.act(r, id, arrival, view))
	}
	r.t.Fatalf("no way from %s to %s", from, to)
}

func (r *recorder) book(id string, arrival time.Duration) {
	r.t.Helper()
	r.walk(id, arrival, "conversing", "pre_arrival")
}

// act does what a guest does in one stage, and waits for nothing.
func (r *recorder) act(id string, arrival time.Duration, stage string) {
	r.t.Helper()
	for _, step := range way {
		if step.stage == stage {
			require.NoError(r.t, step.act(r, id, arrival, r.waits(id, stage, step.ready)))
		}
	}
}

func (r *recorder) payOn(link string, how sandbox.PayOptions) error {
	_, err := r.sandbox.Pay(pageOf(link), how)
	return err
}

func pageOf(link string) string { return link[strings.LastIndex(link, "/")+1:] }

// kin is the ID of a workflow that belongs to a journey.
func kin(kind, id string) string { return kind + strings.TrimPrefix(id, journeyPrefix) }

const journeyPrefix = "journey/"

// ended waits for a journey's end, and for the end of what it leaves behind.
func (r *recorder) ended(id, stage string, others ...string) {
	r.t.Helper()
	require.Equal(r.t, stage, r.result(id, time.Minute).Stage, id)
	for _, kind := range others {
		r.eventually(time.Minute, kin(kind, id)+" closes", func() bool { return r.closed(kin(kind, id)) })
	}
}

// retrying waits until a plan or an appointment waits before it tries a step
// again.
func (r *recorder) retrying(workflowID string) {
	r.t.Helper()
	r.eventually(40*time.Second, workflowID+" tries again", func() bool {
		var deadlines []kit.Deadline
		value, err := r.client.QueryWorkflow(context.Background(), workflowID, "", kit.QueryNextDeadlines)
		return err == nil && value.Get(&deadlines) == nil &&
			slices.ContainsFunc(deadlines, func(deadline kit.Deadline) bool { return strings.HasPrefix(deadline.Name, "retry ") })
	})
}

func (r *recorder) happy() func() {
	id, _ := r.guest("quick")
	r.book(id, 8*time.Second)
	r.keepAtEnd("happy", id, 1, journey.Type, payment.Type, appointment.Type, profile.Type, profile.ClaimType)
	return func() { r.ended(id, "completed", "pay/", "appt/") }
}

// parked: a wrong key parks the mail; with the right one an operator tries it
// again, and gives another guest's up.
func (r *recorder) parked() {
	tried, _ := r.guest("long")
	skipped, _ := r.guest("long")
	for _, id := range []string{tried, skipped} {
		r.waits(id, "captured", hasStep(kit.StepParked))
	}
	r.keep("open_parked", tried, 1, journey.Type)
	r.worker.Stop()
	r.env = slices.DeleteFunc(r.env, func(variable string) bool { return variable == wrongKey })
	r.worker = r.restart(r.worker)
	command := kit.StepCommand{Envelope: operator("the key was wrong"), Step: "welcome.email"}
	for id, update := range map[string]string{tried: kit.UpdateRetryStep, skipped: kit.UpdateSkipStep} {
		_, err := r.command(id, update, command)
		require.NoError(r.t, err)
		r.waits(id, "conversing", nil)
	}
	r.keep("parked_tried_again", tried, 1, journey.Type)
	r.keep("parked_skipped", skipped, 1, journey.Type)
}

func hasStep(status kit.StepStatus) func(journey.Overview) bool {
	return func(view journey.Overview) bool {
		return slices.ContainsFunc(view.Steps, func(step journey.StepView) bool { return step.Status == status })
	}
}

// webhookFirst: the provider has charged, and told of it, while our call still
// waits for its answer.
func (r *recorder) webhookFirst() func() {
	require.NoError(r.t, r.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Operation: "payment_intents.create", Kind: sandbox.FaultLatency, Delay: 2 * time.Second, Count: 1}))
	id, _ := r.guest("quick")
	r.book(id, 8*time.Second)
	r.eventually(20*time.Second, "the slow charge", func() bool { return len(r.sandbox.Faults()) == 0 })
	r.keepAtEnd("webhook_first", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() { r.ended(id, "completed", "pay/", "appt/") }
}

func (r *recorder) duplicates() func() {
	r.sandbox.SetDelivery(sandbox.DeliveryOptions{Duplicates: 3, Reverse: true, Delay: 200 * time.Millisecond})
	id, _ := r.guest("quick")
	r.book(id, 10*time.Second)
	r.eventually(20*time.Second, "the balance", func() bool {
		view, err := r.status(id)
		return err == nil && view.Money.State == payment.MoneyPaid
	})
	r.sandbox.SetDelivery(sandbox.DeliveryOptions{})
	r.keepAtEnd("webhooks_duplicate_reordered", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() { r.ended(id, "completed", "pay/", "appt/") }
}

// providerDown: one provider after the other is away, and comes back.
func (r *recorder) providerDown() func() {
	down := func(provider string) {
		require.NoError(r.t, r.sandbox.SetFault(sandbox.Fault{Provider: provider, Kind: sandbox.FaultDown}))
	}
	down("hubspot")
	id, _ := r.guest("long")
	r.waits(id, "captured", hasStep(kit.StepRetrying))
	r.keep("open_retrying", id, 1, journey.Type)
	r.sandbox.ClearFaults()
	r.walk(id, 0, "conversing", "conversing")

	down("google")
	r.act(id, time.Hour, "conversing")
	r.retrying(kin("appt/", id))
	r.keep("open_offer_without_place", id, 1, journey.Type, appointment.Type)
	r.sandbox.ClearFaults()
	r.walk(id, 0, "offer", "offer")

	down("stripe")
	r.act(id, 0, "offer")
	r.retrying(kin("pay/", id))
	r.keep("open_deposit_without_page", id, 1, journey.Type, payment.Type)
	r.sandbox.ClearFaults()
	r.walk(id, 0, "deposit_pending", "deposit_pending")

	down("google")
	r.act(id, 0, "deposit_pending")
	r.waits(id, "booked", nil)
	r.retrying(kin("appt/", id))
	r.keep("open_booked", id, 1, journey.Type, appointment.Type)
	r.sandbox.ClearFaults()
	r.walk(id, 0, "pre_arrival", "pre_arrival")
	r.keepAtEnd("provider_down", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() {}
}

// reset goes back to the middle of a journey. What was done before is not done
// again: see onceEach.
func (r *recorder) reset() func() {
	id, _ := r.guest("quick")
	r.book(id, 20*time.Second)
	var tasks []int64
	current, err := r.client.DescribeWorkflowExecution(context.Background(), id, "")
	require.NoError(r.t, err)
	run := current.GetWorkflowExecutionInfo().GetExecution()
	for _, event := range r.history(run).GetEvents() {
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, event.GetEventId())
		}
	}
	_, err = r.client.ResetWorkflowExecution(context.Background(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: devserver.Namespace, WorkflowExecution: run, Reason: "recorder",
		WorkflowTaskFinishEventId: tasks[len(tasks)/2], RequestId: "reset-" + id,
	})
	require.NoError(r.t, err)
	r.keepAtEnd("reset", id, 2, journey.Type)
	return func() { r.ended(id, "completed", "pay/", "appt/") }
}

// onceEach fails the recording unless every effect happened once. The CRM's are
// upserts, so there it is one record a key: a note that is written again after a
// reset carries the new run's time.
func (r *recorder) onceEach() {
	for key, count := range r.sandbox.Effects() {
		if count != 1 && !strings.Contains(key, "/crm.") {
			r.t.Errorf("effect %s happened %d times", key, count)
		}
	}
	seen := map[string]bool{}
	for _, note := range r.sandbox.CRMRecords("notes") {
		key := note.Properties["op_id"]
		if key == "" || seen[key] {
			r.t.Errorf("note %q is not the only one of its key", key)
		}
		seen[key] = true
	}
}

// chain leaves every workflow of a guest by continue-as-new, again and again.
func (r *recorder) chain() func() {
	id, _ := r.guest("quick")
	for _, stage := range []string{"conversing", "offer", "deposit_pending"} {
		r.walk(id, 0, stage, stage)
		r.renew(id)
		r.act(id, 25*time.Second, stage)
	}
	r.waits(id, "pre_arrival", nil)
	r.renew(id)
	r.keepAtEnd("continue_as_new", id, 5, journey.Type, payment.Type, appointment.Type, profile.Type, profile.ClaimType)
	return func() { r.ended(id, "completed", "pay/", "appt/") }
}

// renew lets every running workflow of a guest continue as new.
func (r *recorder) renew(id string) {
	r.t.Helper()
	before := map[string]string{}
	for _, run := range r.list("GuestRef = '" + kin("", id) + "' AND ExecutionStatus = 'Running'") {
		execution := run.GetExecution()
		before[execution.GetWorkflowId()] = execution.GetRunId()
		require.NoError(r.t, r.client.SignalWorkflow(context.Background(), execution.GetWorkflowId(), "", kit.SignalContinueAsNew, kit.Empty{}))
	}
	for workflowID, old := range before {
		r.eventually(20*time.Second, workflowID+" continues as new", func() bool {
			now, err := r.client.DescribeWorkflowExecution(context.Background(), workflowID, "")
			return err == nil && now.GetWorkflowExecutionInfo().GetExecution().GetRunId() != old
		})
	}
}

// lost: a guest who never answers, one who lets the offer pass, one who says no.
func (r *recorder) lost() func() {
	silent, _ := r.guest("silent")
	passing, _ := r.guest("silent")
	declining, _ := r.guest("long")
	r.act(passing, time.Hour, "conversing")
	r.walk(declining, time.Hour, "conversing", "offer")
	_, err := r.sandbox.AnswerOffer(declining, "declined")
	require.NoError(r.t, err)
	r.keepAtEnd("no_response", silent, 1, journey.Type)
	r.keepAtEnd("offer_expired", passing, 1, journey.Type, appointment.Type)
	r.keepAtEnd("offer_declined", declining, 1, journey.Type, appointment.Type)
	return func() {
		for id, reason := range map[string]string{silent: "no_response", passing: "expired", declining: "declined"} {
			require.Equal(r.t, reason, r.result(id, time.Minute).Reason)
		}
		r.ended(passing, "lost", "appt/")
		r.ended(declining, "lost", "appt/")
	}
}

// latePayment: money on the way when the time is over goes back when it comes.
func (r *recorder) latePayment() func() {
	id, _ := r.guest("hasty")
	r.walk(id, 2*time.Hour, "conversing", "deposit_pending")
	page := pageOf(r.waits(id, "deposit_pending", nil).Money.PageURL)
	_, err := r.sandbox.Pay(page, sandbox.PayOptions{Method: "sepa_debit"})
	require.NoError(r.t, err)
	require.Equal(r.t, "expired_unpaid", r.result(id, time.Minute).Reason)
	require.NoError(r.t, r.sandbox.Settle(r.page(page).Intent, true))
	r.keepAtEnd("late_payment", id, 1, journey.Type, payment.Type)
	return func() {
		r.ended(id, "lost", "pay/", "appt/")
		var result payment.Result
		require.NoError(r.t, r.client.GetWorkflow(context.Background(), kin("pay/", id), "").Get(context.Background(), &result))
		require.Equal(r.t, payment.MoneyRefunded, result.Money, "the late money did not go back")
	}
}

func (r *recorder) page(id string) sandbox.PaymentPage {
	r.t.Helper()
	for _, page := range r.sandbox.PaymentPages() {
		if page.ID == id {
			return page
		}
	}
	r.t.Fatalf("no page %s", id)
	return sandbox.PaymentPage{}
}

// cancelled: once by an operator's command, once by Temporal's own Cancel.
func (r *recorder) cancelled() func() {
	commanded, _ := r.guest("quick")
	byTemporal, _ := r.guest("quick")
	r.book(commanded, 2*time.Hour)
	r.book(byTemporal, 2*time.Hour)
	_, err := r.command(commanded, kit.UpdateCancel, kit.Cancel{Envelope: operator("the guest called"), By: "guest"})
	require.NoError(r.t, err)
	require.NoError(r.t, r.client.CancelWorkflow(context.Background(), byTemporal, ""))
	r.keepAtEnd("cancel_with_refund", commanded, 1, journey.Type, payment.Type, appointment.Type)
	r.keepAtEnd("cancel_by_temporal", byTemporal, 1, journey.Type)
	return func() {
		r.ended(commanded, "cancelled", "pay/", "appt/")
		r.ended(byTemporal, "cancelled", "pay/", "appt/")
	}
}

// refundPending: the journey waits for the money, which the provider does not
// give back for the time being.
func (r *recorder) refundPending() {
	require.NoError(r.t, r.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Operation: "refunds.create", Kind: sandbox.FaultDown}))
	id, _ := r.guest("long")
	r.book(id, time.Hour)
	_, err := r.command(id, kit.UpdateCancel, kit.Cancel{Envelope: operator("the guest called"), By: "guest"})
	require.NoError(r.t, err)
	r.waits(id, "cancelling", func(view journey.Overview) bool { return strings.HasPrefix(view.WaitsFor, "money") })
	r.keep("open_cancelling", id, 1, journey.Type, payment.Type)
}

func (r *recorder) rescheduled() func() {
	id, _ := r.guest("quick")
	r.book(id, 2*time.Hour)
	start := time.Now().Add(8 * time.Second).UTC().Format(time.RFC3339)
	_, err := r.command(id, kit.UpdateReschedule, kit.Reschedule{Envelope: operator("the doctor is ill"), Start: start})
	require.NoError(r.t, err)
	r.keepAtEnd("reschedule", id, 1, journey.Type, appointment.Type)
	return func() {
		r.waits(id, "pre_arrival", func(view journey.Overview) bool { return view.Session.State == "done" && view.Session.Revision == 2 })
	}
}

// pastDue: the saved card is declined; one guest pays on the page, one never.
func (r *recorder) pastDue() func() {
	book := func(program string, arrival time.Duration) string {
		id, _ := r.guest(program)
		r.walk(id, arrival, "conversing", "deposit_pending")
		page := r.page(pageOf(r.waits(id, "deposit_pending", nil).Money.PageURL))
		require.NoError(r.t, r.sandbox.SetChargeOutcome(page.Customer, sandbox.ChargeDeclined))
		r.act(id, 0, "deposit_pending")
		return id
	}
	paying := book("quick", 12*time.Second)
	owing := book("long", 8*time.Second)
	link := func(view journey.Overview) bool { return view.Money.ActionURL != "" }
	require.NoError(r.t, r.payOn(r.waits(paying, "pre_arrival", link).Money.ActionURL, sandbox.PayOptions{}))
	r.keepAtEnd("balance_paid_on_page", paying, 1, journey.Type, payment.Type)
	r.keepAtEnd("open_unpaid_at_arrival", owing, 1, journey.Type, payment.Type)
	return func() {
		r.ended(paying, "completed", "pay/")
		r.waits(owing, "pre_arrival", func(view journey.Overview) bool { return strings.HasPrefix(view.WaitsFor, "departure, not admitted") })
	}
}

// held: before there is a plan, and with plan and appointment.
func (r *recorder) held() func() {
	id, _ := r.guest("long")
	for _, stage := range []string{"conversing", "pre_arrival"} {
		r.walk(id, time.Hour, "conversing", stage)
		_, err := r.command(id, kit.UpdateHold, kit.Hold{Envelope: operator("the guest is unwell")})
		require.NoError(r.t, err)
		r.waits(id, stage, nil)
		r.keep("open_held_"+stage, id, 1, journey.Type)
		_, err = r.command(id, kit.UpdateRelease, kit.Release{Envelope: operator("the guest is well")})
		require.NoError(r.t, err)
		r.waits(id, stage, func(view journey.Overview) bool { return view.Control == kit.ControlRunning })
	}
	r.keepAtEnd("held_and_released", id, 1, journey.Type, payment.Type, appointment.Type)
	return func() {}
}

// optedOut: a guest texts STOP, and a stranger texts too.
func (r *recorder) optedOut() func() {
	id, who := r.guest("quick")
	r.book(id, 12*time.Second)
	_, err := r.sandbox.ReplySMS(who.Phone, "Stop please")
	require.NoError(r.t, err)
	r.eventually(20*time.Second, "the journey knows", func() bool {
		view, err := r.status(id)
		return err == nil && len(view.OptedOut) == 1
	})
	_, err = r.sandbox.ReplySMS("+14155559999", "Hello?")
	require.NoError(r.t, err)
	r.keepAtEnd("opted_out", id, 1, journey.Type, appointment.Type, profile.Type, profile.ClaimType)
	return func() {
		r.ended(id, "completed", "pay/", "appt/")
		r.keepRuns("text_of_a_stranger", "WorkflowType = 'Claim' AND Stage = 'unclaimed' AND Attention = 'unclaimed_message'", profile.ClaimType)
	}
}

// contacts: of two contacts of the CRM one starts a journey, one waits.
func (r *recorder) contacts() func() {
	for _, name := range []string{"first", "second"} {
		_, err := r.sandbox.CreateContact(map[string]string{"email": name + "@guests.example", "lead_source": "walk_in"})
		require.NoError(r.t, err)
	}
	return func() {
		starts := "claim/hubspot/4242/starts"
		r.eventually(30*time.Second, "one journey runs, one waits", func() bool {
			var view profile.ClaimOverview
			value, err := r.client.QueryWorkflow(context.Background(), starts, "", kit.QueryStatus)
			return err == nil && value.Get(&view) == nil && view.Started == 1 && view.Queue == 1
		})
		r.keepRuns("crm_contacts", "WorkflowId STARTS_WITH 'claim/hubspot/'", profile.ClaimType)
	}
}

// refused: a program that nobody wrote fails the start, and nothing else does.
func (r *recorder) refused() func() {
	id, _ := r.guest("nonexistent")
	require.Error(r.t, r.client.GetWorkflow(context.Background(), id, "").Get(context.Background(), nil))
	return func() { r.keepRuns("refused", "WorkflowId = '"+id+"'", journey.Type) }
}

// standing leaves a guest at every stage where a journey waits for long.
func (r *recorder) standing() func() {
	ids := map[string]string{}
	for _, step := range way {
		id, _ := r.guest("long")
		r.walk(id, time.Hour, "conversing", step.stage)
		ids[step.stage] = id
	}
	for stage, program := range map[string]string{"in_program": "long", "aftercare": "after"} {
		id, _ := r.guest(program)
		r.book(id, 8*time.Second)
		ids[stage] = id
	}
	for stage, id := range ids {
		types := []string{journey.Type, payment.Type, appointment.Type, profile.Type}
		switch stage {
		case "conversing":
			types = []string{journey.Type, profile.Type}
		case "offer":
			types = []string{journey.Type, appointment.Type}
		}
		r.keepAtEnd("open_"+stage, id, 1, types...)
	}
	return func() {
		for stage, id := range ids {
			r.waits(id, stage, nil)
		}
	}
}

// keepAtEnd exports a scenario when everything has ended.
func (r *recorder) keepAtEnd(scenario, id string, runs int, types ...string) {
	r.later = append(r.later, later{scenario, id, runs, types})
}

// keep exports the workflows of a journey's guest as they are now: these types,
// with at least so many runs of the journey.
func (r *recorder) keep(scenario, id string, runs int, types ...string) {
	r.t.Helper()
	query := "GuestRef = '" + kin("", id) + "'"
	// Visibility follows a moment later.
	r.eventually(20*time.Second, scenario+": visibility shows every workflow", func() bool {
		seen := map[string]int{}
		for _, run := range r.list(query) {
			seen[run.GetType().GetName()]++
		}
		return seen[journey.Type] >= runs && !slices.ContainsFunc(types, func(name string) bool { return seen[name] == 0 })
	})
	r.keepRuns(scenario, query, types...)
}

// keepRuns exports what a query of visibility finds. A run that took the same
// way as another of its scenario is left out.
func (r *recorder) keepRuns(scenario, query string, types ...string) {
	r.t.Helper()
	count, ways := map[string]int{}, map[string]bool{}
	for _, run := range r.list(query) {
		name := run.GetType().GetName()
		if !slices.Contains(types, name) {
			continue
		}
		history := r.history(run.GetExecution())
		way := shape(name, history)
		if ways[way] {
			continue
		}
		ways[way] = true
		count[name]++
		r.files[fmt.Sprintf("%s/%s-%d.json.gz", scenario, name, count[name])] = packed(r.t, history)
	}
}

// list returns every run that a query finds, the oldest first.
func (r *recorder) list(query string) []*workflowpb.WorkflowExecutionInfo {
	r.t.Helper()
	var found []*workflowpb.WorkflowExecutionInfo
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: devserver.Namespace, Query: query, PageSize: 1000}
	for {
		answer, err := r.client.ListWorkflow(context.Background(), request)
		require.NoError(r.t, err)
		found = append(found, answer.GetExecutions()...)
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	slices.SortFunc(found, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	return found
}

// history reads a run as the server has it: sealed. It waits for the run's first
// workflow task: a run without one has nothing to replay.
func (r *recorder) history(execution *commonpb.WorkflowExecution) *historypb.History {
	r.t.Helper()
	history := &historypb.History{}
	r.eventually(20*time.Second, "a first workflow task of "+execution.GetWorkflowId(), func() bool {
		history.Events = nil
		events := r.client.GetWorkflowHistory(context.Background(), execution.GetWorkflowId(), execution.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(r.t, err)
			history.Events = append(history.Events, event)
		}
		return slices.ContainsFunc(history.GetEvents(), func(event *historypb.HistoryEvent) bool {
			return event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		})
	})
	return history
}

// shape is the way that a run took: its events without their content.
func shape(workflowType string, history *historypb.History) string {
	words := []string{workflowType}
	for _, event := range history.GetEvents() {
		words = append(words, event.GetEventType().String(), event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(),
			event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName())
	}
	return strings.Join(words, " ")
}

func packed(t *testing.T, history *historypb.History) []byte {
	t.Helper()
	data, err := protojson.Marshal(history)
	require.NoError(t, err)
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	require.NoError(t, err)
	_, err = writer.Write(data)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

// write adds what the corpus has not, at the very end. A history that was released
// is never replaced: the runs that it stands for may still be open.
func (r *recorder) write() {
	root := filepath.Join("..", "..", "workflows", "replaytest", filepath.FromSlash(replaytest.Histories))
	added := 0
	for name, data := range r.files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(r.t, os.WriteFile(path, data, 0o644)) //nolint:gosec // the corpus is public
		added++
	}
	r.t.Logf("%d histories, %d of them new", len(r.files), added)
}

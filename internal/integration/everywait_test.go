package integration

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/internal/devserver"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// unhurried gives a quick program room for an operator at every wait.
func unhurried(program programs.Program) programs.Program {
	program.Length = seconds(30)
	program.Session.After = seconds(26)
	program.Session.Reminders = []programs.Reminder{
		{Name: "24h", Before: seconds(8), Channels: []string{"sms", "email"}},
		{Name: "1h", Before: seconds(4), Channels: []string{"sms"}},
	}
	program.Deadlines.LateWindow = seconds(60) // the plan is still there in the end
	program.CheckIns = []options.Duration{seconds(6), seconds(8)}
	return program
}

// TestEveryWaitCanBeHeldAndLeft: at every wait an operator holds the journey,
// all of it continues as new, and the operator releases it; and in another house
// nothing is kept in memory, so that every task replays its history from the
// start. Nobody outside can tell the difference.
func TestEveryWaitCanBeHeldAndLeft(t *testing.T) {
	t.Parallel() // or its parts would keep every other test waiting
	undisturbed := func(h *house) string {
		h.invite(12*time.Second, true, nil)
		id := h.begin(lead(1))
		h.clear(id)
		return id
	}
	held := func(h *house) string {
		guest := lead(2)
		id := h.begin(guest)
		profile, plan, session := h.relative("guest", id), h.relative("pay", id), h.relative("appt", id)
		h.shake(id, journey.StageConversing, profile)
		h.fillIn(id, guest, 50*time.Second)
		h.mailed(guest, "health")
		h.shake(id, journey.StageScreening, profile)
		_, err := h.sandbox.SendHealthForm(id, "form-1")
		require.NoError(h.t, err)
		h.shake(id, journey.StageClearance, profile)
		h.clear(id)
		h.mailed(guest, "offer")
		h.shake(id, journey.StageOffer, profile, session)
		h.acceptOffer(id)
		page := h.mailed(guest, "pay")
		h.shake(id, journey.StageDeposit, plan, session)
		// The appointment is held first, so that it cannot confirm the place:
		// otherwise the journey does not wait for it long enough to be seen.
		h.must(session, kit.UpdateHold, kit.Hold{Envelope: operator("to see the journey wait")})
		h.pay(page)
		h.shake(id, journey.StageBooked, plan, session)
		h.shake(id, journey.StagePreArrival, plan, session)
		h.shake(id, journey.StageInProgram, plan, session)
		h.shake(id, journey.StageAftercare, plan, profile)
		return id
	}
	usual := settings{program: unhurried(medical())}
	forgetful := settings{program: unhurried(medical()), env: []string{"STICKY_CACHE_SIZE=0"}}
	alike(t, walked{"undisturbed", usual, undisturbed}, walked{"held", usual, held}, walked{"without sticky cache", forgetful, undisturbed})
}

// TestACancelCanBeHeldAndLeft: the same while a cancelled journey waits for the
// money, which the provider does not give back for the time being.
func TestACancelCanBeHeldAndLeft(t *testing.T) {
	t.Parallel() // or its parts would keep every other test waiting
	cancel := func(waiting func(h *house, id string)) func(h *house) string {
		return func(h *house) string {
			require.NoError(h.t, h.sandbox.SetFault(sandbox.Fault{Provider: "stripe", Operation: "refunds.create", Kind: sandbox.FaultDown}))
			h.invite(2*time.Hour, true, nil)
			id := h.begin(lead(1))
			h.reaches(id, journey.StagePreArrival, 45*time.Second)
			h.must(id, kit.UpdateCancel, kit.Cancel{Envelope: operator("the guest called"), By: "guest"})
			h.eventually(45*time.Second, "the journey waits for the money", func() bool {
				view, err := h.status(id)
				return err == nil && strings.HasPrefix(view.WaitsFor, "money ")
			})
			waiting(h, id)
			h.sandbox.ClearFaults()
			return id
		}
	}
	held := func(h *house, id string) {
		h.shake(id, journey.StageCancelling, h.relative("pay", id), h.relative("guest", id))
	}
	alike(t, walked{"undisturbed", settings{}, cancel(func(*house, string) {})}, walked{"held", settings{}, cancel(held)})
}

// TestNoSignalIsLostWhenAHistoryIsFull: Temporal asks for continue-as-new with a
// task, and the same task may bring a signal.
func TestNoSignalIsLostWhenAHistoryIsFull(t *testing.T) {
	t.Parallel()
	server := devserver.StartWith(t, devserver.Settings{ExtraArgs: []string{"--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=20"}})
	h := &house{t: t, server: server, client: server.Client(), program: quick()}
	runInClear(t, server)
	const id, texts = "guest/full", 40
	_, err := h.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys},
		profile.Type, profile.Input{GuestRef: "full"})
	require.NoError(t, err)
	first := h.run(id)

	heard := func() int {
		return len(slices.DeleteFunc(h.timeline(id), func(text string) bool { return text != "a text without an open journey" }))
	}
	for n := range texts {
		h.tells(id, kit.SignalMessageIn, kit.Fact{ID: itoa(n), Provider: "twilio", Type: "received", OccurredAt: time.Now().UTC(), Data: map[string]string{"body": "hello"}})
		h.eventually(5*time.Second, "text "+itoa(n+1)+" is heard", func() bool { return heard() == n+1 })
	}

	assert.NotEqual(t, first, h.run(id), "the history was never full")
}

// ending is what remains of a journey.
type ending struct {
	Result  journey.Result
	Journal map[string]int
}

// walked is a way that a journey goes in a house of its own; walk returns its ID.
type walked struct {
	name string
	set  settings
	walk func(h *house) (id string)
}

// alike lets journeys go their ways, and compares all that each did outside and
// what it came to with the first.
func alike(t *testing.T, ways ...walked) {
	t.Helper()
	ends := make([]ending, len(ways))
	t.Run("journeys", func(t *testing.T) {
		for i, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				h := open(t, way.set)
				id := way.walk(h)
				ends[i] = ending{Result: h.result(id, 2*time.Minute), Journal: h.journal(id)}
				ends[i].Result.GuestRef = ""
				h.once()
			})
		}
	})
	assert.NotEmpty(t, ends[0].Journal)
	for i, way := range ways[1:] {
		assert.Equal(t, ends[0], ends[i+1], way.name)
	}
}

// random are the parts of an effect's name that no two journeys share.
var random = regexp.MustCompile(`/[0-9a-f]{12}/|_[0-9A-Za-z]{10,}|^[0-9a-v]{20,}|^[0-9a-f]{16}$|[0-9]{4}\+contacts/[0-9]{4}`)

// journal counts the effects of the only journey of a house by what they are.
func (h *house) journal(id string) map[string]int {
	counts := map[string]int{}
	for _, call := range h.sandbox.Journal(sandbox.JournalFilter{}) {
		if call.Effect && !call.Duplicate {
			name := random.ReplaceAllString(strings.ReplaceAll(call.EffectKey, opaque(id), "ID"), "...")
			counts[call.Provider+" "+call.Operation+" "+name]++
		}
	}
	return counts
}

func opaque(id string) string { return strings.TrimPrefix(id, "journey/") }

// relative is the ID of another workflow of a journey.
func (h *house) relative(kind, id string) string { return kind + "/" + opaque(id) }

// shake holds a journey in a stage, lets it and others continue as new, and
// releases it. What the hold silenced is sent then.
func (h *house) shake(id, stage string, others ...string) {
	h.t.Helper()
	h.reaches(id, stage, 60*time.Second)
	h.must(id, kit.UpdateHold, kit.Hold{Envelope: operator("to look at it")})
	h.controlled(kit.ControlHeld, others)
	for _, workflowID := range append([]string{id}, others...) {
		h.leave(workflowID)
	}
	view, err := h.status(id)
	require.NoError(h.t, err)
	require.Equal(h.t, []string{stage, kit.ControlHeld}, []string{view.Stage, view.Control}, "the new run of %s", id)
	outcome := h.must(id, kit.UpdateRelease, kit.Release{Envelope: operator("it is fine"), FireMissed: "send_now"})
	h.controlled(kit.ControlRunning, others)
	h.t.Logf("%s: held and left; %s", stage, outcome.Detail)
}

// controlled waits until the journey has passed a hold or a release on. The
// guest's profile is nobody's to hold but its own.
func (h *house) controlled(control string, workflowIDs []string) {
	h.t.Helper()
	for _, workflowID := range workflowIDs {
		if strings.HasPrefix(workflowID, "guest/") {
			continue
		}
		h.eventually(20*time.Second, workflowID+" is "+control, func() bool {
			value, err := h.client.QueryWorkflow(context.Background(), workflowID, "", kit.QueryStatus)
			var view struct{ Control string }
			return err == nil && value.Get(&view) == nil && view.Control == control
		})
	}
}

// must sends a command that is not rejected.
func (h *house) must(workflowID, name string, input any) kit.Outcome {
	h.t.Helper()
	outcome, err := h.command(workflowID, name, input)
	require.NoError(h.t, err, "%s to %s", name, workflowID)
	return outcome
}

// leave makes a workflow continue as new, and waits until it has.
func (h *house) leave(workflowID string) {
	h.t.Helper()
	before := h.run(workflowID)
	require.NoError(h.t, h.client.SignalWorkflow(context.Background(), workflowID, "", kit.SignalContinueAsNew, kit.Empty{}))
	h.eventually(20*time.Second, "a new run of "+workflowID, func() bool { return h.run(workflowID) != before })
}

// run is the present run of a workflow.
func (h *house) run(workflowID string) string {
	h.t.Helper()
	described, err := h.client.DescribeWorkflowExecution(context.Background(), workflowID, "")
	require.NoError(h.t, err)
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// mailed waits for a mail to a guest with a link of this kind, and returns what
// the link names.
func (h *house) mailed(guest directory.Lead, kind string) string {
	h.t.Helper()
	var named string
	h.eventually(30*time.Second, "a mail with a link to "+kind, func() bool {
		for _, message := range h.sandbox.Messages(sandbox.MessageFilter{Channel: "email", To: guest.Email}) {
			for _, link := range message.Links {
				if _, rest, found := strings.Cut(link, "/pages/"+kind+"/"); found {
					named = rest
				}
			}
		}
		return named != ""
	})
	return named
}

// fillIn sends intake and consent, as the guest does who has the welcome mail.
func (h *house) fillIn(id string, guest directory.Lead, arrival time.Duration) {
	h.t.Helper()
	h.mailed(guest, "intake")
	_, err := h.sandbox.SubmitIntake(id, time.Now().Add(arrival).UTC().Format(time.RFC3339))
	require.NoError(h.t, err)
	_, err = h.sandbox.Consent(id, "health_data", true, "1")
	require.NoError(h.t, err)
}

func (h *house) acceptOffer(id string) {
	h.t.Helper()
	_, err := h.sandbox.AcceptPolicy(id, "1", "203.0.113.7")
	require.NoError(h.t, err)
	_, err = h.sandbox.AnswerOffer(id, "accepted")
	require.NoError(h.t, err)
}

func (h *house) pay(page string) {
	h.t.Helper()
	_, err := h.sandbox.Pay(page, sandbox.PayOptions{})
	require.NoError(h.t, err)
}

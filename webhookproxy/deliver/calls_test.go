package deliver_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/internal/devserver"
	"guestjourney/internal/identity"
	"guestjourney/internal/register"
	"guestjourney/workflows"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
	"guestjourney/workflows/worldtest"
)

const (
	guestNumber = "+525512345678"
	journeyID   = "journey/C1"
	page        = "https://pay.example/canary-page"
)

// called is a server with a guest who has a session and a deposit to pay.
type called struct {
	client.Client
	t     *testing.T
	world *worldtest.World
	works []worker.Worker
}

func newCalled(t *testing.T) *called {
	t.Helper()
	h := &called{Client: dial(t, devserver.Start(t)), t: t, world: worldtest.New(worldtest.Retreat(), time.Now)}
	h.work()
	t.Cleanup(h.rest)
	_, err := register.New(h.Client, identityKey).Claim(t.Context(), options.Effect{Key: journeyID + "/claim", Since: time.Now()}, directory.ClaimRequest{
		JourneyID: journeyID, GuestRef: "C1", Phone: guestNumber, Email: "ana@example.com", ProgramCode: "retreat-7d", Locale: "es",
	})
	require.NoError(t, err)
	start := time.Date(2099, 6, 2, 21, 0, 0, 0, time.UTC)
	_, err = h.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: journeyID, TaskQueue: options.QueueJourneys}, journey.Type, journey.Input{
		Program: "retreat-7d", Lead: directory.Lead{Email: "ana@example.com", Phone: guestNumber, FirstName: "Ana", Locale: "es"},
		State: &journey.State{
			Stage: journey.StageDeposit, Since: time.Now().UTC(), Program: programs.Snapshot{Program: worldtest.Retreat(), Hash: "0123456789ab"},
			GuestRef: "C1", Phone: guestNumber, Email: "ana@example.com", ArrivalAt: start.Add(-24 * time.Hour),
			Money:   journey.Money{PlanID: "pay/C1", State: payment.MoneyPending, PageURL: page, PageUntil: time.Now().Add(time.Hour).UTC(), Pages: 1},
			Session: journey.Session{ID: "appt/C1", State: "confirmed", Start: start, Local: "Tue 2 Jun 2099, 15:00 (America/Mexico_City)"},
		},
	})
	require.NoError(t, err)
	h.sent(2) // the page, as the stage sends it by itself
	return h
}

// work starts the workers, rest stops them.
func (h *called) work() {
	h.t.Helper()
	for _, queue := range []string{options.QueueJourneys, options.QueueEmail, options.QueueSMS} {
		serves := worker.New(h.Client, queue, worker.Options{})
		if queue == options.QueueJourneys {
			workflows.Register(serves, kit.Policy{AllowPlaintext: func() bool { return false }})
		}
		h.world.Register(serves)
		require.NoError(h.t, serves.Start())
		h.works = append(h.works, serves)
	}
}

func (h *called) rest() {
	for _, serves := range h.works {
		serves.Stop()
	}
	h.works = nil
}

// sent waits until so many mails and texts have gone out.
func (h *called) sent(messages int) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.world.Count("email")+h.world.Count("sms") == messages }, 30*time.Second, 20*time.Millisecond)
}

func (h *called) overview() (seen journey.Overview) {
	h.t.Helper()
	value, err := h.QueryWorkflow(h.t.Context(), journeyID, "", kit.QueryStatus)
	require.NoError(h.t, err)
	require.NoError(h.t, value.Get(&seen))
	return seen
}

// events counts a type of event in a workflow's history.
func (h *called) events(id string, kind enumspb.EventType) (count int) {
	h.t.Helper()
	all := h.GetWorkflowHistory(h.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for all.HasNext() {
		event, err := all.Next()
		require.NoError(h.t, err)
		require.NotContains(h.t, event.String(), "5512345678")
		require.NotContains(h.t, event.String(), "canary")
		if event.GetEventType() == kind {
			count++
		}
	}
	return count
}

func (h *called) claim(number string) string {
	h.t.Helper()
	canonical, err := identity.Phone("", number)
	require.NoError(h.t, err)
	return identity.ClaimID(identityKey, identity.KindPhone, canonical)
}

// ring is what a call of a number asks, posted as Vapi does.
func (h *called) ring(to house, number, kind, more string) string {
	h.t.Helper()
	body := `{"message":{"type":"` + kind + `","timestamp":1803978000000,"call":{"id":"call-` + number[len(number)-2:] + `","customer":{"number":"` + number + `"}}` + more + `}}`
	status, header, said := post(h.t, to, "/webhooks/vapi", http.Header{"X-Vapi-Secret": {secret}}, body)
	require.Equal(h.t, http.StatusOK, status)
	require.Equal(h.t, "application/json", header.Get("Content-Type"))
	require.NotContains(h.t, said, page)
	return said
}

// using is a list of tool calls: ID and tool, alternating.
func using(calls ...string) string {
	var list []string
	for pair := range slices.Chunk(calls, 2) {
		list = append(list, `{"id":"`+pair[0]+`","type":"function","function":{"name":"`+pair[1]+`","arguments":{}}}`)
	}
	return `,"toolCallList":[` + strings.Join(list, ",") + `]`
}

const inTime = 8 * time.Second

func TestAnInboundCallIsAnsweredByTheGuestsJourney(t *testing.T) {
	h := newCalled(t)
	to := proxy(t, h.Client, inTime)
	require.JSONEq(t, `{"assistantId":"asst-es"}`, h.ring(to, guestNumber, "assistant-request", ""), "the guest's language")
	require.JSONEq(t, `{"assistantId":"asst-any"}`, h.ring(to, "+14155552671", "assistant-request", ""), "a stranger")
	require.Equal(t, 1, h.events(h.claim("+14155552671"), enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED))

	all := using("t1", journey.ToolAppointment, "t2", journey.ToolPaymentLink, "t3", journey.ToolPerson)
	const said = `{"results":[
		{"name":"next_session","toolCallId":"t1","result":"Su próxima cita empieza el martes 2 de junio de 2099, 15:00, hora local de la casa."},
		{"name":"send_payment_link","toolCallId":"t2","result":"El enlace de pago va en camino por correo electrónico y por mensaje de texto."},
		{"name":"speak_to_person","toolCallId":"t3","result":"Alguien del equipo le devolverá la llamada."}]}`
	require.JSONEq(t, said, h.ring(to, guestNumber, "tool-calls", all))
	h.sent(4)
	require.Contains(t, h.overview().Attention, profile.FactCallBack)

	// The same webhook at a proxy that remembers nothing, and the same tools in
	// another message of the call.
	updates := func() int { return h.events(journeyID, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED) }
	require.Equal(t, 1, updates())
	signals := h.events(h.claim(guestNumber), enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
	for range 3 {
		require.JSONEq(t, said, h.ring(proxy(t, h.Client, inTime), guestNumber, "tool-calls", all))
	}
	require.Equal(t, 1, updates(), "a repeat costs no event")
	require.Equal(t, signals, h.events(h.claim(guestNumber), enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED))
	require.JSONEq(t, said, h.ring(to, guestNumber, "tool-calls", all+`,"status":"again"`))
	require.Equal(t, 2, updates())
	h.noMore(4)
}

// noMore lets the journey come to rest, and counts what has gone out.
func (h *called) noMore(messages int) {
	h.t.Helper()
	h.command(journey.UpdateNote, journey.AddNote{
		Envelope: kit.Envelope{Actor: "desk", Role: kit.RoleOperator, Reason: "called"}, Text: "called back",
	})
	require.Equal(h.t, messages, h.world.Count("email")+h.world.Count("sms"))
}

func (h *called) command(update string, input any) {
	h.t.Helper()
	handle, err := h.UpdateWorkflow(h.t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: journeyID, UpdateName: update, Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(h.t, err)
	require.NoError(h.t, handle.Get(h.t.Context(), nil))
}

// With no worker there, the caller is answered in time all the same, and what
// was promised comes before staff when there is one again.
func TestWithoutAWorkerTheCallerHasAPromiseThatIsKept(t *testing.T) {
	h := newCalled(t)
	h.rest()
	const budget = 2 * time.Second
	to := proxy(t, h.Client, budget)
	began := time.Now()
	require.JSONEq(t, `{"assistantId":"asst-any"}`, h.ring(to, guestNumber, "assistant-request", ""))
	require.Less(t, time.Since(began), budget)
	const promised = `{"results":[{"name":"next_session","toolCallId":"t1","result":"I cannot look that up now. Somebody of the team will call you back."}]}`
	began = time.Now()
	require.JSONEq(t, promised, h.ring(to, guestNumber, "tool-calls", using("t1", journey.ToolAppointment)))
	require.Less(t, time.Since(began), budget)
	require.Equal(t, 3, h.events(h.claim(guestNumber), enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED), "two messages and a promise")

	h.work()
	require.Eventually(t, func() bool { return slices.Contains(h.overview().Attention, profile.FactCallBack) }, 60*time.Second, 50*time.Millisecond)
	require.Contains(t, h.ring(proxy(t, h.Client, inTime), guestNumber, "tool-calls", using("t2", journey.ToolAppointment)), "martes 2 de junio")
}

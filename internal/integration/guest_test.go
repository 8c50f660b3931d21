package integration

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// quick is a program whose stay is over in about twenty seconds. A reminder may
// be late by half of its distance from the start: a busy machine needs that.
func quick() programs.Program {
	return programs.Program{
		Code: "quick", Version: "1", Languages: []string{"en", "es"}, Zone: "America/Mexico_City", Label: "Quick stay",
		Stages: []string{"captured", "conversing", "offer", "deposit_pending", "booked", "pre_arrival", "in_program", "aftercare"},
		Price: programs.Price{
			Deposit: payments.Money{Minor: 50000, Currency: "USD"},
			Balance: payments.Money{Minor: 150000, Currency: "USD"},
		},
		Deadlines: programs.Deadlines{
			Captured: seconds(60), Conversing: seconds(120), Offer: seconds(120), Deposit: seconds(120),
			BalanceBefore: seconds(3), ArrivalCheckBefore: seconds(1), Cancelling: seconds(60), LateWindow: seconds(5),
			AttendanceAfter: seconds(1),
		},
		Length: seconds(6),
		Session: programs.Session{
			CalendarID: "house@example.com", Title: "PRG-00", After: seconds(3), Duration: seconds(1),
			Reminders: []programs.Reminder{
				{Name: "24h", Before: seconds(8), Channels: []string{"sms", "email"}},
				{Name: "1h", Before: seconds(5), Channels: []string{"sms"}},
			},
		},
		Refunds: []programs.RefundTier{
			{AtLeast: seconds(3600), DepositPercent: 100, BalancePercent: 100},
			{AtLeast: seconds(600), DepositPercent: 50, BalancePercent: 100},
		},
		CheckIns: []options.Duration{seconds(1), seconds(2)},
		Pace:     options.Pace{StartToClose: seconds(4), AttentionAfter: seconds(300), RetryFirst: seconds(1), RetryMax: seconds(3)},
	}
}

// medical is the quick program with the questionnaire and the clearance.
func medical() programs.Program {
	program := quick()
	program.Stages = []string{
		"captured", "conversing", "screening", "clearance_review", "offer", "deposit_pending", "booked", "pre_arrival", "in_program", "aftercare",
	}
	program.Deadlines.Screening, program.Deadlines.ScreeningNudge = seconds(120), seconds(60)
	program.Deadlines.ClearanceReview = seconds(60)
	program.Deadlines.ClearanceChecks = []options.Duration{seconds(2), seconds(1)}
	program.Deadlines.NoShowGrace = seconds(60)
	return program
}

// clear lets a clinician clear the guest, once the review has begun.
func (h *house) clear(id string) {
	h.t.Helper()
	h.reaches(id, journey.StageClearance, 45*time.Second)
	view, err := h.status(id)
	require.NoError(h.t, err)
	h.must(id, journey.UpdateApproveClearance, map[string]any{
		"actor": "dr-sol", "role": "clinician", "reason": "read it", "decision": "cleared", "validUntil": view.Departure, "evidenceRef": "task-1",
	})
}

// guests answer what the house sends them, as people do: by the links in their
// messages.
type guests struct {
	house   *house
	arrival time.Duration // from the intake
	pay     func(page string) bool
	accept  bool
	who     func(journey string) bool // nil: everybody
	stop    chan struct{}
	done    sync.WaitGroup
	seen    map[string]bool
}

// invite lets guests answer for as long as the test runs. pay says whether a
// page is paid; nil pays every one.
func (h *house) invite(arrival time.Duration, accept bool, pay func(page string) bool) {
	if pay == nil {
		pay = func(string) bool { return true }
	}
	h.host(&guests{house: h, arrival: arrival, pay: pay, accept: accept})
}

// inviteThose lets these guests answer and pay; the others say nothing.
func (h *house) inviteThose(who func(journey string) bool, arrival time.Duration) {
	h.host(&guests{house: h, arrival: arrival, pay: func(string) bool { return true }, accept: true, who: who})
}

func (h *house) host(g *guests) {
	g.stop, g.seen = make(chan struct{}), map[string]bool{}
	g.done.Add(1)
	go g.answer()
	h.t.Cleanup(func() {
		close(g.stop)
		g.done.Wait()
	})
}

func (g *guests) answer() {
	defer g.done.Done()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-g.stop:
			return
		case <-tick.C:
			for _, message := range g.house.sandbox.Messages(sandbox.MessageFilter{}) {
				for _, link := range message.Links {
					g.follow(link)
				}
			}
		}
	}
}

func (g *guests) follow(link string) {
	if g.seen[link] {
		return
	}
	g.seen[link] = true
	_, path, _ := strings.Cut(link, "/pages/")
	kind, id, _ := strings.Cut(path, "/")
	server := g.house.sandbox
	var err error
	switch kind {
	case "intake":
		if g.who != nil && !g.who("journey/"+id) {
			return
		}
		arrival := time.Now().Add(g.arrival).UTC().Format(time.RFC3339)
		if _, err = server.SubmitIntake("journey/"+id, arrival); err == nil {
			_, err = server.Consent("journey/"+id, "health_data", true, "1")
		}
	case "health":
		_, err = server.SendHealthForm("journey/"+id, "form-"+id)
	case "offer":
		if !g.accept {
			return
		}
		if _, err = server.AcceptPolicy("journey/"+id, "1", "203.0.113.7"); err == nil {
			_, err = server.AnswerOffer("journey/"+id, "accepted")
		}
	case "pay":
		if g.pay(id) {
			_, err = server.Pay(id, sandbox.PayOptions{})
		}
	}
	if err != nil {
		g.house.t.Errorf("the guest could not follow %s: %v", kind, err)
	}
}

// lead is a guest who has not been here before.
func lead(n int) directory.Lead {
	return directory.Lead{
		Email: "canary-" + number(n) + "@guests.example", Phone: "+1415555" + pad(n), FirstName: "Canaria", LastName: "Prueba",
		Locale: "en", Source: "website",
	}
}

func number(n int) string { return strings.TrimLeft(pad(n), "0") + "x" }

func pad(n int) string {
	text := "0000" + itoa(n+100)
	return text[len(text)-4:]
}

// begin starts a journey and returns its ID.
func (h *house) begin(lead directory.Lead) string {
	h.t.Helper()
	id := newJourneyID()
	h.beginAs(id, lead)
	return id
}

// beginAs starts a journey of this ID.
func (h *house) beginAs(id string, lead directory.Lead) {
	h.t.Helper()
	_, err := h.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys},
		journey.Type, journey.Input{Lead: lead, Program: h.program.Code, Test: true})
	require.NoError(h.t, err)
}

// result waits for a journey's end.
func (h *house) result(id string, within time.Duration) journey.Result {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var result journey.Result
	err := h.client.GetWorkflow(ctx, id, "").Get(ctx, &result)
	if err != nil {
		h.t.Fatalf("journey has not ended: %v; status: %+v", err, h.peek(id))
	}
	return result
}

// status asks a journey where it stands.
func (h *house) status(id string) (journey.Overview, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var view journey.Overview
	value, err := h.client.QueryWorkflow(ctx, id, "", kit.QueryStatus)
	if err != nil {
		return view, err
	}
	return view, value.Get(&view)
}

func (h *house) peek(id string) any {
	view, err := h.status(id)
	if err != nil {
		return err
	}
	view.Commands = nil
	return view
}

// reaches waits until a journey is in a stage.
func (h *house) reaches(id, stage string, within time.Duration) journey.Overview {
	h.t.Helper()
	var view journey.Overview
	h.eventually(within, "journey in stage "+stage, func() bool {
		seen, err := h.status(id)
		view = seen
		return err == nil && seen.Stage == stage
	})
	return view
}

// command sends an operator's update and returns its outcome.
func (h *house) command(workflowID, name string, input any) (kit.Outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var outcome kit.Outcome
	handle, err := h.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateName: name, Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return outcome, err
	}
	return outcome, handle.Get(ctx, &outcome)
}

func operator(reason string) kit.Envelope {
	return kit.Envelope{Actor: "desk-1", Role: "operator", Reason: reason}
}

// closed says whether a workflow has ended.
func (h *house) closed(workflowID string) bool {
	described, err := h.client.DescribeWorkflowExecution(context.Background(), workflowID, "")
	var missing *serviceerror.NotFound
	if err != nil {
		require.ErrorAs(h.t, err, &missing)
		return false
	}
	return described.GetWorkflowExecutionInfo().GetCloseTime() != nil
}

// effects counts real effects by provider and operation.
func (h *house) effects() map[string]int {
	counts := map[string]int{}
	for _, call := range h.sandbox.Journal(sandbox.JournalFilter{}) {
		if call.Effect && !call.Duplicate {
			counts[call.Provider+" "+call.Operation]++
		}
	}
	return counts
}

// once fails the test unless every effect key had its effect exactly once.
func (h *house) once() {
	h.t.Helper()
	for key, count := range h.sandbox.Effects() {
		if count != 1 {
			h.t.Errorf("effect %s happened %d times", key, count)
		}
	}
}

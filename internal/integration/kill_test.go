package integration

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"guestjourney/activities/directory"
	"guestjourney/activities/programs"
	"guestjourney/internal/sandbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// kill says at which call of a journey the worker dies: the first of this
// operation, or of this step where the operation has several.
type kill struct{ provider, operation, step, point string }

// death is what is known of a kill.
type death struct {
	kill
	pid  int
	end  string // as the operating system tells it
	line int    // the call's line in the journal; before the write, the last line of others
	key  string
	at   time.Time
}

// killer waits at the providers for the call at which the worker has to die.
type killer struct {
	mu     sync.Mutex
	house  *house
	worker *process
	gate   *gate
	dead   bool       // the worker, and the next one is not known yet
	alive  *sync.Cond // no longer dead
	next   *kill
	match  string // what the effect key of the call holds
	deaths chan death
}

func newKiller() *killer {
	k := &killer{deaths: make(chan death, 1)}
	k.alive = sync.NewCond(&k.mu)
	return k
}

// onCall is the sandbox's hook. It runs on the call's own goroutine, so the
// call stands still at its point until the worker is dead.
func (k *killer) onCall(point string, call sandbox.JournalEntry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.next == nil || call.Provider != k.next.provider || call.Operation != k.next.operation || !strings.Contains(call.EffectKey, k.match) {
		return
	}
	for k.dead { // the next worker calls before it is known
		k.alive.Wait()
	}
	if point == sandbox.PointAfterWrite && k.next.point == sandbox.PointAfterAnswer {
		// A quick worker would report the answer before it can be killed.
		k.gate.shut.Store(true)
	}
	if point != k.next.point {
		return
	}
	k.worker.Kill()
	k.gate.shut.Store(false)
	k.dead = true
	died := death{
		kill: *k.next, pid: k.worker.Process.Pid, end: k.worker.ProcessState.String(),
		line: call.Line, key: call.EffectKey, at: time.Now(),
	}
	if died.line == 0 {
		died.line = len(k.house.sandbox.Journal(sandbox.JournalFilter{}))
	}
	k.next = nil
	k.deaths <- died
	if point == sandbox.PointBeforeWrite {
		panic(http.ErrAbortHandler)
	}
}

// begin starts a journey under which the worker will be killed. No call passes
// before the kill is armed.
func (k *killer) begin(next kill, guest directory.Lead) run {
	k.mu.Lock()
	defer k.mu.Unlock()
	started := k.house.beginRun(guest)
	k.armLocked(next, started)
	return started
}

// arm names the next kill of a journey that runs.
func (k *killer) arm(next kill, journey run) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armLocked(next, journey)
}

func (k *killer) armLocked(next kill, journey run) {
	k.next, k.match = &next, strings.TrimPrefix(journey.id, "journey/")
	if next.step != "" {
		k.match = journey.id + "/" + hash(journey.first)[:12] + "/" + next.step + "/"
	}
	switch {
	case next.provider == "twilio": // is told a hash of the effect key
		k.match = hash(k.match + "0")[:16]
	case next.operation == "events.delete": // names the calendar's entry alone
		k.match = ""
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// run is a journey and its first run, both of which are part of its effect keys.
type run struct{ id, first string }

func (h *house) beginRun(guest directory.Lead) run {
	h.t.Helper()
	id := h.begin(guest)
	described, err := h.client.DescribeWorkflowExecution(h.t.Context(), id, "")
	require.NoError(h.t, err)
	return run{id, described.GetWorkflowExecutionInfo().GetExecution().GetRunId()}
}

// await waits for the kill and starts the next worker.
func (k *killer) await() death {
	k.house.t.Helper()
	died := k.awaitDeath()
	k.revive()
	return died
}

// awaitAndArm is await with another kill, armed while there is no worker that could
// pass its call.
func (k *killer) awaitAndArm(next kill, journey run) death {
	k.house.t.Helper()
	died := k.awaitDeath()
	k.arm(next, journey)
	k.revive()
	return died
}

func (k *killer) awaitDeath() death {
	t := k.house.t
	t.Helper()
	select {
	case died := <-k.deaths:
		assert.Equal(t, "signal: killed", died.end)
		t.Logf("%s %s killed %s: pid %d, journal line %d", died.provider, died.operation, died.point, died.pid, died.line)
		return died
	case <-time.After(time.Minute):
		k.mu.Lock()
		defer k.mu.Unlock()
		t.Fatalf("the worker was not killed: %+v", k.next)
		return death{}
	}
}

// revive starts the next worker.
func (k *killer) revive() {
	k.house.t.Helper()
	worker := k.house.restart(k.worker)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.worker, k.house.worker, k.dead = worker, worker, false
	k.alive.Broadcast()
}

// openFor starts a house whose worker the killer can kill.
func (k *killer) openFor(t *testing.T, set settings) *house {
	set.onCall = k.onCall
	h := open(t, set)
	k.house, k.gate = h, openGate(t, h.server.HostPort)
	h.worker.Kill()
	h.env = append(h.env, "TEMPORAL_ADDRESS="+k.gate.address)
	h.worker = h.restart(h.worker)
	k.worker = h.worker
	return h
}

// gate is the worker's way to Temporal. While it is shut, nothing that the
// worker says gets through.
type gate struct {
	address, target string
	shut            atomic.Bool
}

func openGate(t *testing.T, target string) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	g := &gate{address: listener.Addr().String(), target: target}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go g.pass(connection)
		}
	}()
	return g
}

func (g *gate) pass(worker net.Conn) {
	defer worker.Close() //nolint:errcheck // either end may have gone first
	server, err := net.Dial("tcp", g.target)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // either end may have gone first
	go func() {
		_, _ = io.Copy(worker, server)
		_ = worker.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := worker.Read(buffer)
		if err != nil || g.shut.Load() {
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// patient is the quick program with room for a worker that keeps dying: an
// activity is tried again after its time limit, a workflow task after five or
// ten seconds.
func patient() programs.Program {
	program := quick()
	program.Pace.StartToClose = seconds(2)
	program.Deadlines.BalanceBefore = seconds(65)
	program.Length = seconds(8)
	return program
}

// arrives is when patient's guests come: after the last kill.
const arrives = 70 * time.Second

func TestKillTheWorkerAtEveryPoint(t *testing.T) {
	t.Parallel() // or its parts would keep every other test waiting
	t.Run("where every effect happens exactly once", everyCallOnce)
	t.Run("where a mail cannot be looked up", mailAtLeastOnce)
	t.Run("in the stages that the others do not reach", inEveryStage)
	t.Run("in the waiting list and the early ends", inTheEarlyEnds)
}

// everyCallOnce kills the worker under one journey after the other; those
// before go on meanwhile, and lose what they have under way each time.
func everyCallOnce(t *testing.T) {
	k := newKiller()
	h := k.openFor(t, settings{program: patient(), emailActivity: true})
	h.invite(arrives, true, nil)
	before, written, answered := sandbox.PointBeforeWrite, sandbox.PointAfterWrite, sandbox.PointAfterAnswer
	kills := []kill{
		{"stripe", "customers.create", "", before},
		{"stripe", "checkout.sessions.create", "", answered},
		{"stripe", "payment_intents.create", "", written},
		{"twilio", "messages.create", "welcome.sms", before},
		{"twilio", "messages.create", "offer.sms", written},
		{"twilio", "messages.create", "payment_request-1.sms", answered},
		{"sendgrid", "mail.send", "offer.email", before},
		{"sendgrid", "mail.send", "payment_request-1.email", written},
		{"sendgrid", "mail.send", "welcome.email", answered},
		{"hubspot", "contacts.upsert", "", before},
		{"hubspot", "deals.upsert", "", written},
		{"hubspot", "notes.upsert", "", answered},
		{"google", "events.insert", "", before},
		{"google", "events.insert", "", written},
		{"google", "events.update", "", answered},
	}
	runs, deaths := make([]run, len(kills)), make([]death, len(kills))
	for i, next := range kills {
		runs[i] = k.begin(next, lead(i+1))
		deaths[i] = k.await()
	}
	for i, run := range runs {
		h.paidInFull(run.id)
		h.interrupted(run.id, deaths[i])
	}
	want := map[string]int{}
	for _, died := range deaths {
		want[died.key] = 1
	}
	h.counts(want)
}

// mailAtLeastOnce: without the look-up nobody can tell whether the mail left,
// so what was written before the death goes out again, and nothing else does.
func mailAtLeastOnce(t *testing.T) {
	k := newKiller()
	h := k.openFor(t, settings{program: patient()})
	h.invite(30*time.Second, true, nil)
	send := func(step, point string) kill { return kill{"sendgrid", "mail.send", step, point} }

	stay := k.begin(send("welcome.email", sandbox.PointBeforeWrite), lead(1))
	before := k.awaitAndArm(send("offer.email", sandbox.PointAfterWrite), stay)
	written := k.awaitAndArm(send("confirmation.email", sandbox.PointAfterAnswer), stay)
	answered := k.await()

	h.paidInFull(stay.id)
	for _, died := range []death{before, written, answered} {
		h.interrupted(stay.id, died)
	}
	h.counts(map[string]int{before.key: 1, written.key: 2, answered.key: 2})
}

// inEveryStage kills the worker in screening, review, stay and aftercare of one
// guest, and under the compensations of another.
func inEveryStage(t *testing.T) {
	k := newKiller()
	program := patient()
	program.Stages, program.Deadlines = medical().Stages, medical().Deadlines
	program.Deadlines.BalanceBefore = seconds(3)
	h := k.openFor(t, settings{program: program, emailActivity: true})
	h.invite(50*time.Second, true, nil)
	before, written, answered := sandbox.PointBeforeWrite, sandbox.PointAfterWrite, sandbox.PointAfterAnswer
	var deaths []death

	stays := k.begin(kill{"sendgrid", "mail.send", "health_form-0.email", written}, lead(1))
	deaths = append(deaths, k.await())
	h.reaches(stays.id, journey.StageClearance, 45*time.Second)
	k.arm(kill{"twilio", "messages.create", "information-1.sms", answered}, stays)
	h.must(stays.id, journey.UpdateRequestInfo, map[string]any{"actor": "dr-sol", "role": "clinician", "reason": "a dose", "what": "medication"})
	deaths = append(deaths, k.await())
	_, err := h.sandbox.SendHealthForm(stays.id, "form-2")
	require.NoError(t, err)
	h.clear(stays.id)
	h.reaches(stays.id, journey.StagePreArrival, 60*time.Second)
	k.arm(kill{"hubspot", "notes.upsert", "crm.note.in_program", written}, stays)
	deaths = append(deaths, k.awaitAndArm(kill{"sendgrid", "mail.send", "check_in-1.email", before}, stays))
	deaths = append(deaths, k.await())
	h.paidInFull(stays.id)

	leaves := h.beginRun(lead(2))
	h.clear(leaves.id)
	h.reaches(leaves.id, journey.StagePreArrival, 60*time.Second)
	k.arm(kill{"stripe", "refunds.create", "", written}, leaves)
	h.must(leaves.id, kit.UpdateCancel, kit.Cancel{
		Envelope: kit.Envelope{Actor: "ana", Role: "manager", Reason: "the house is closed"}, By: "property", Refund: "full",
	})
	back := k.awaitAndArm(kill{"hubspot", "notes.upsert", "crm.note.cancelled", before}, leaves)
	note := k.awaitAndArm(kill{"sendgrid", "mail.send", "cancellation.email", answered}, leaves)
	told := k.await()
	assert.Equal(t, "cancelled", h.result(leaves.id, 2*time.Minute).Stage)

	want := map[string]int{}
	for _, died := range append(deaths, back, note, told) {
		want[died.key] = 1
	}
	for _, died := range deaths {
		h.interrupted(stays.id, died)
	}
	for _, died := range []death{back, note, told} {
		h.interrupted(leaves.id, died)
	}
	h.counts(want)
}

// inTheEarlyEnds kills the worker under guests who do not stay: one goes to the
// waiting list, where no place comes free, one says no, one is not cleared, one goes on in another
// journey, one does not turn up.
func inTheEarlyEnds(t *testing.T) {
	k := newKiller()
	program := patient()
	program.Stages, program.Deadlines = medical().Stages, medical().Deadlines
	program.Deadlines.NoShowGrace = seconds(2)
	h := k.openFor(t, settings{program: program, emailActivity: true})
	h.invite(60*time.Second, false, nil)
	before, written, answered := sandbox.PointBeforeWrite, sandbox.PointAfterWrite, sandbox.PointAfterAnswer
	var runs []run
	var deaths []death
	dies := func(next kill, run run, happens func()) {
		k.arm(next, run)
		happens()
		runs, deaths = append(runs, run), append(deaths, k.await())
	}
	order := func(run run, command, role string, fields map[string]any) func() {
		fields["actor"], fields["role"], fields["reason"] = "ana", role, "as the guest says"
		return func() { h.must(run.id, command, fields) }
	}

	absent := h.beginRun(lead(1))
	h.clear(absent.id)
	h.reaches(absent.id, journey.StageOffer, 45*time.Second)
	h.acceptOffer(absent.id) // and pays, as every guest does who gets a page

	waits := h.beginRun(lead(2))
	h.clear(waits.id)
	h.reaches(waits.id, journey.StageOffer, 45*time.Second)
	// The stage comes before the place, and only a place that is held is given back.
	h.eventually(45*time.Second, "both places are held", func() bool { return h.effects()["google events.insert"] == 2 })
	dies(kill{"google", "events.delete", "", written}, waits, order(waits, journey.UpdateOverrideStage, "manager", map[string]any{
		"from": journey.StageOffer, "to": journey.StageWaitlisted, "ack": []string{}, "approvedBy": "eva",
	}))

	doubts := h.beginRun(lead(5))
	h.clear(doubts.id)
	h.reaches(doubts.id, journey.StageOffer, 45*time.Second)
	dies(kill{"hubspot", "notes.upsert", "crm.note.lost", before}, doubts, func() {
		_, err := h.sandbox.AnswerOffer(doubts.id, "declined")
		require.NoError(t, err)
	})

	refused := h.beginRun(lead(3))
	h.reaches(refused.id, journey.StageClearance, 45*time.Second)
	dies(kill{"sendgrid", "mail.send", journey.StageClosed + ".email", before}, refused, order(refused, journey.UpdateDeclineClearance, "clinician", map[string]any{
		"reasonCode": "c-1",
	}))

	into, moves := h.beginRun(lead(4)), h.beginRun(lead(4))
	h.reaches(into.id, journey.StageClearance, 45*time.Second)
	h.reaches(moves.id, journey.StageClearance, 45*time.Second)
	dies(kill{"hubspot", "notes.upsert", "crm.note.lost", answered}, moves, order(moves, journey.UpdateMergeInto, "operator", map[string]any{"target": into.id}))

	h.reaches(absent.id, journey.StageInProgram, 90*time.Second)
	dies(kill{"hubspot", "notes.upsert", "crm.note.cancelled", written}, absent, order(absent, journey.UpdateMarkAttendance, "operator", map[string]any{
		"mark": "no_show", "source": "front_desk",
	}))

	for stage, ends := range map[string][]run{
		journey.StageNoShow: {absent}, journey.StageLost: {waits, doubts}, journey.StageDeclined: {refused}, journey.StageMerged: {moves},
	} {
		for _, run := range ends {
			assert.Equal(t, stage, h.result(run.id, 2*time.Minute).Stage)
		}
	}
	want := map[string]int{}
	for i, died := range deaths {
		h.interrupted(runs[i].id, died)
		want[died.key] = 1
	}
	h.counts(want)
}

func (h *house) paidInFull(id string) {
	h.t.Helper()
	result := h.result(id, 3*time.Minute)
	assert.Equal(h.t, "completed", result.Stage)
	assert.Equal(h.t, "paid", result.MoneyState)
	assert.Equal(h.t, int64(200000), result.CapturedMinor)
}

// counts compares the real effects of every effect key; one that is not named
// happened once.
func (h *house) counts(want map[string]int) {
	h.t.Helper()
	effects := h.sandbox.Effects()
	for key := range effects {
		if _, named := want[key]; !named {
			want[key] = 1
		}
	}
	assert.Equal(h.t, want, effects)
}

// interrupted fails a kill that proves nothing: the activity must have been
// under way at the death, so that only another try could complete it.
func (h *house) interrupted(journeyID string, died death) {
	h.t.Helper()
	owner := journeyID
	if kind, other := map[string]string{"stripe": "pay", "google": "appt"}[died.provider]; other {
		owner = strings.Replace(journeyID, "journey", kind, 1)
	}
	scheduled := map[int64]*history.HistoryEvent{}
	events := h.client.GetWorkflowHistory(h.t.Context(), owner, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(h.t, err)
		if event.GetActivityTaskScheduledEventAttributes() != nil {
			scheduled[event.GetEventId()] = event
		}
		started := event.GetActivityTaskStartedEventAttributes()
		if started == nil || started.GetAttempt() < 2 {
			continue
		}
		if scheduled[started.GetScheduledEventId()].GetEventTime().AsTime().Before(died.at) && event.GetEventTime().AsTime().After(died.at) {
			return
		}
	}
	h.t.Errorf("%s: the worker's death at %s interrupted nothing", owner, died.key)
}

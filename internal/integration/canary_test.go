package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/query/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/proto"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/internal/devserver"
	"guestjourney/internal/program"
	"guestjourney/internal/sandbox"
	"guestjourney/internal/telemetry/telemetrytest"
	"guestjourney/workflows"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/worldtest"
)

// TestTheCanaryIsNowhere: nothing that a guest or an operator tells us can be
// read in Temporal, in its database, or in what our programs log and measure.
func TestTheCanaryIsNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "temporal.db")
	collector := telemetrytest.Start(t)
	h := open(t, settings{program: medical(), serverFile: file, env: append(collector.Environment(), "LOG_LEVEL=debug")})
	birds := newCanaries()
	// What fails is logged, and its error stays in histories.
	require.NoError(t, h.sandbox.SetFault(sandbox.Fault{Provider: "twilio", Kind: sandbox.Fault500, Count: 2}))
	require.NoError(t, h.sandbox.SetFault(sandbox.Fault{Provider: "hubspot", Kind: sandbox.FaultReset, Count: 2}))

	ui, id := h.browse(), newJourneyID()
	require.True(t, h.operates(birds.leadFile(t), "start", "-f", "-", "--program", h.program.Code, "--test", "--id", id))
	h.reaches(id, journey.StageConversing, 60*time.Second)
	_, err := h.sandbox.ReplySMS(birds.lead.Phone, "I take "+birds.values["text message"])
	require.NoError(t, err)
	h.attends(id, "message_in")
	h.strangers(birds)
	for _, command := range []string{kit.UpdateHold, kit.UpdateRelease} {
		require.True(t, h.operates("", "update", id, command, "--actor", birds.values["actor"], "--role", "operator", "--reason", birds.values["reason"]))
	}
	word := `{"id":"desk-1","provider":"desk","type":"` + birds.values["word at the desk"] + `"}`
	require.True(t, h.operates("", "signal", id, kit.SignalGuest, "-d", word))
	require.False(t, h.operates("", "signal", id, "no_such_signal", "-d", word))
	for kind, data := range birds.facts(12 * time.Second) {
		if kind == journey.GuestIntake || kind == journey.GuestConsent {
			h.says(id, kind, data)
		}
	}
	_, err = h.sandbox.Consent(id, journey.PurposeHealth, true, "1") // without it nobody asks
	require.NoError(t, err)
	h.says(id, journey.GuestHealth, birds.facts(0)[journey.GuestHealth])
	h.reviews(id, birds, ui.must)
	h.mailed(birds.lead, "offer")
	h.says(id, journey.GuestPolicy, birds.facts(0)[journey.GuestPolicy])
	h.says(id, journey.GuestAnswer, birds.facts(0)[journey.GuestAnswer])
	h.pay(h.mailed(birds.lead, "pay"))
	require.Equal(t, "completed", h.result(id, 2*time.Minute).Stage)
	h.allDelivered()

	kept := whatTemporalShows(t, h.server, 6)
	kept.addFiles(t, file, file+"-wal", h.worker.Log, h.proxy.Log, h.log("codec"), h.log("starter"))
	kept.addMetrics(t, h.worker)
	kept.addMetrics(t, h.proxy)
	h.worker.Stop() // what is left of the traces leaves with it
	h.proxy.Stop()
	kept.add("traces", collector.Bytes())
	for name, canary := range birds.values {
		assert.Empty(t, kept.find(canary), "%s (%s) can be read there", name, canary)
	}
	// The search has looked where something was.
	assert.NotEmpty(t, kept.find(id))
	for place, text := range map[string]string{"worker.log": "workers started", "proxy.log": "webhook event", "codec.log": "codec endpoint", "starter.log": id, "metrics of worker": "temporal_", "metrics of proxy": "go_gc", "traces": "RunWorkflow"} {
		assert.Contains(t, string(kept[place]), text, place)
	}
	contacts := fmt.Sprint(h.sandbox.CRMRecords("contacts"))
	for _, name := range []string{"first name", "last name", "e-mail", "phone"} {
		assert.Contains(t, contacts, birds.values[name], "the %s has not come through", name)
	}
}

// TestTheCanaryIsFoundWithTheCodecOff: the same search finds every canary once
// payloads are stored in clear, and what would be shown in clear in any case.
func TestTheCanaryIsFoundWithTheCodecOff(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	server := devserver.StartWith(t, devserver.Settings{File: file})
	h := &house{t: t, server: server, client: server.Client(), program: medical()}
	runInClear(t, server)
	birds := newCanaries()

	id := h.begin(birds.lead)
	h.reaches(id, journey.StageConversing, 45*time.Second)
	for kind, data := range birds.facts(time.Hour) {
		h.tells(id, kit.SignalGuest, kit.Fact{ID: kind, Provider: "guest", Type: kind, OccurredAt: time.Now().UTC(), Data: data})
	}
	h.tells(id, kit.SignalMessageIn, kit.Fact{ID: "text", Provider: "twilio", Type: "received", OccurredAt: time.Now().UTC(), Data: map[string]string{"body": birds.values["text message"]}})
	h.must(id, kit.UpdateHold, kit.Hold{Envelope: birds.operator()})
	h.must(id, kit.UpdateRelease, kit.Release{Envelope: birds.operator()})
	h.tells(id, kit.SignalGuest, kit.Fact{ID: "health", Provider: "guest", Type: journey.GuestConsent, OccurredAt: time.Now().UTC(), Data: map[string]string{"purpose": journey.PurposeHealth, "granted": "true"}})
	h.tells(id, kit.SignalGuest, kit.Fact{ID: "desk-1", Provider: "desk", Type: birds.values["word at the desk"]})
	h.reviews(id, birds, func(id, update string, fields map[string]any) { h.must(id, update, fields) })
	h.reaches(id, journey.StageOffer, 45*time.Second)
	shown := h.shows()

	kept := whatTemporalShows(t, server, 3)
	stored := places{}
	stored.addFiles(t, file, file+"-wal")
	for name, canary := range birds.values {
		assert.Contains(t, kept.find(canary), "history of "+id, "%s (%s) was not found", name, canary)
		assert.NotEmpty(t, stored.find(canary), "%s (%s) was not found in the database", name, canary)
	}
	for name, canary := range shown {
		assert.NotEmpty(t, kept.find(canary), "%s (%s) was not found", name, canary)
	}
}

// canaries are values that exist nowhere else.
type canaries struct {
	lead   directory.Lead
	values map[string]string // what is searched for, by what it is
}

func newCanary() string { return "canary" + strings.ToLower(rand.Text()[:12]) }

func newCanaries() canaries {
	values := map[string]string{"phone": "4155550177", "IP address": "203.0.113.219"}
	for _, name := range []string{
		"first name", "last name", "e-mail", "consent's purpose", "consent's version", "policy's version", "text message", "actor", "reason",
		"questionnaire", "evidence", "conditions", "note", "word at the desk",
	} {
		values[name] = newCanary()
	}
	return canaries{values: values, lead: directory.Lead{
		FirstName: values["first name"], LastName: values["last name"], Email: values["e-mail"] + "@guests.example",
		Phone: "+1" + values["phone"], Locale: "en", Source: "website",
	}}
}

// facts is what the guest tells, by kind.
func (c canaries) facts(arrival time.Duration) map[string]map[string]string {
	return map[string]map[string]string{
		journey.GuestIntake:  {"arrival": time.Now().Add(arrival).UTC().Format(time.RFC3339)},
		journey.GuestConsent: {"purpose": c.values["consent's purpose"], "granted": "true", "version": c.values["consent's version"]},
		journey.GuestHealth:  {"ref": c.values["questionnaire"], "complete": "true"},
		journey.GuestPolicy:  {"version": c.values["policy's version"], "ip": c.values["IP address"]},
		journey.GuestAnswer:  {"answer": "accepted"},
	}
}

// leadFile is the lead as an operator hands it to the CLI.
func (c canaries) leadFile(t *testing.T) string {
	t.Helper()
	data, err := json.Marshal(c.lead)
	require.NoError(t, err)
	return string(data)
}

// operates runs the CLI as an operator does. What it prints is for the operator;
// what it writes beside that is kept. It says whether the CLI did it.
func (h *house) operates(stdin string, arguments ...string) bool {
	h.t.Helper()
	log, err := os.OpenFile(h.log("starter"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(h.t, err)
	defer log.Close() //nolint:errcheck // the CLI has ended
	command := exec.Command(program.Built(h.t, "starter"), arguments...)
	command.Env, command.Stdin, command.Stderr = h.env, strings.NewReader(stdin), log
	_, err = command.Output()
	var failed *exec.ExitError
	require.True(h.t, err == nil || errors.As(err, &failed), "%v", err)
	return err == nil
}

// reviews is what clinician and operator write down.
func (h *house) reviews(id string, birds canaries, order func(id, update string, fields map[string]any)) {
	h.t.Helper()
	h.reaches(id, journey.StageClearance, 45*time.Second)
	view, err := h.status(id)
	require.NoError(h.t, err)
	order(id, journey.UpdateNote, map[string]any{"actor": "ana", "role": "operator", "reason": "told by telephone", "text": birds.values["note"]})
	order(id, journey.UpdateApproveClearance, map[string]any{
		"actor": "dr-sol", "role": "clinician", "reason": "read it", "decision": "conditional", "validUntil": view.Departure,
		"conditions": birds.values["conditions"], "evidenceRef": birds.values["evidence"],
	})
}

func (c canaries) operator() kit.Envelope {
	return kit.Envelope{Actor: c.values["actor"], Role: "operator", Reason: c.values["reason"]}
}

// says sends a guest's webhook.
func (h *house) says(id, kind string, data map[string]string) {
	h.t.Helper()
	_, err := h.sandbox.GuestEvent(kind, id, data)
	require.NoError(h.t, err)
}

// tells sends a signal past the proxy.
func (h *house) tells(id, signal string, fact kit.Fact) {
	h.t.Helper()
	require.NoError(h.t, h.client.SignalWorkflow(context.Background(), id, "", signal, fact))
}

// strangers send what the proxy refuses.
func (h *house) strangers(birds canaries) {
	h.t.Helper()
	body := strings.Join([]string{birds.lead.FirstName, birds.lead.LastName, birds.lead.Email, birds.lead.Phone}, "&From=")
	for _, path := range []string{"/webhooks/guest/intake", "/webhooks/twilio/inbound?From=" + birds.values["phone"], "/webhooks/" + birds.values["first name"]} {
		answer, err := http.Post(h.proxyURL+path, "application/x-www-form-urlencoded", strings.NewReader("From="+body))
		require.NoError(h.t, err)
		require.NoError(h.t, answer.Body.Close())
		require.GreaterOrEqual(h.t, answer.StatusCode, 400, path)
	}
}

// runInClear runs the workflows on a client without a codec. The production
// worker refuses to; the outside world is one in memory.
func runInClear(t *testing.T, server *devserver.Server) {
	t.Helper()
	world := worldtest.New(medical(), time.Now)
	for _, queue := range []string{
		options.QueueJourneys, options.QueuePayments, options.QueueCRM, options.QueueEmail, options.QueueSMS, options.QueueCalendar,
	} {
		w := worker.New(server.Client(), queue, worker.Options{})
		workflows.Register(w, kit.Policy{AllowPlaintext: func() bool { return true }})
		world.Register(w)
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
}

// shows starts a workflow that nobody runs, with a canary in each place that
// Temporal shows in clear, and returns them.
func (h *house) shows() map[string]string {
	h.t.Helper()
	shown := map[string]string{"ID": newCanary(), "memo": newCanary(), "attribute": newCanary(), "summary": newCanary(), "details": newCanary()}
	_, err := h.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{
		ID: shown["ID"], TaskQueue: "nobody", Memo: map[string]any{"memo": shown["memo"]},
		TypedSearchAttributes: temporal.NewSearchAttributes(kit.AttributeGuest.ValueSet(shown["attribute"])),
		StaticSummary:         shown["summary"], StaticDetails: shown["details"],
	}, "Nobody")
	require.NoError(h.t, err)
	return shown
}

// places is what can be read, by where it stands.
type places map[string][]byte

func (p places) add(place string, data []byte) { p[place] = append(append(p[place], data...), '\n') }

func (p places) addMessage(t *testing.T, place string, message proto.Message) {
	t.Helper()
	data, err := proto.Marshal(message)
	require.NoError(t, err)
	p.add(place, data)
}

func (p places) addFiles(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		p.add(filepath.Base(path), data)
	}
}

// addMetrics reads what a program of the house measures.
func (p places) addMetrics(t *testing.T, program *process) {
	t.Helper()
	answer, err := http.Get("http://" + program.metrics + "/metrics")
	require.NoError(t, err)
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	p.add("metrics of "+program.Name, data)
}

// find names the places where a text stands in any form.
func (p places) find(text string) []string {
	var found []string
	for place, data := range p {
		if slices.ContainsFunc(forms(text), func(form string) bool { return bytes.Contains(data, []byte(form)) }) ||
			bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(text))) {
			found = append(found, place)
		}
	}
	slices.Sort(found)
	return found
}

// forms are the ways in which a text may be written: itself, in hex, and in
// base64 at each of the three places where a group may begin.
func forms(text string) []string {
	list := []string{text, hex.EncodeToString([]byte(text))}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before, own := range []int{0, 2, 3} { // the first letter that is all the text's
			whole := (before + len(text)) / 3 * 3
			encoded := encoding.EncodeToString(append(make([]byte, before), text...)[:whole])
			list = append(list, encoded[own:])
		}
	}
	return list
}

// whatTemporalShows reads every workflow of a server as anybody can who reaches
// it: without keys. There are at least so many.
func whatTemporalShows(t *testing.T, server *devserver.Server, atLeast int) places {
	t.Helper()
	h := &house{t: t, server: server}
	var all []*workflowpb.WorkflowExecutionInfo
	h.eventually(30*time.Second, "every workflow is listed", func() bool {
		all = h.everything()
		return len(all) >= atLeast
	})
	shown := places{}
	for _, info := range all {
		id := info.GetExecution().GetWorkflowId()
		shown.addMessage(t, "listing of "+id, info)
		described, err := server.Client().DescribeWorkflowExecution(t.Context(), id, info.GetExecution().GetRunId())
		require.NoError(t, err)
		shown.addMessage(t, "description of "+id, described)
		events := server.Client().GetWorkflowHistory(t.Context(), id, info.GetExecution().GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			shown.addMessage(t, "history of "+id, event)
		}
		if info.GetTaskQueue() == options.QueueJourneys {
			shown.addQueries(t, server, info.GetExecution())
		}
	}
	return shown
}

// addQueries asks a workflow what the Temporal UI asks it.
func (p places) addQueries(t *testing.T, server *devserver.Server, execution *commonpb.WorkflowExecution) {
	t.Helper()
	for _, name := range []string{kit.QueryStatus, kit.QueryTimeline, "__temporal_workflow_metadata"} {
		answer, err := server.Client().WorkflowService().QueryWorkflow(t.Context(), &workflowservice.QueryWorkflowRequest{
			Namespace: devserver.Namespace, Execution: execution, Query: &query.WorkflowQuery{QueryType: name},
		})
		require.NoError(t, err)
		p.addMessage(t, "query "+name+" of "+execution.GetWorkflowId(), answer)
	}
}

// everything lists every run of every workflow.
func (h *house) everything() []*workflowpb.WorkflowExecutionInfo {
	h.t.Helper()
	var list []*workflowpb.WorkflowExecutionInfo
	var next []byte
	for {
		page, err := h.server.Client().ListWorkflow(h.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: devserver.Namespace, NextPageToken: next})
		require.NoError(h.t, err)
		list, next = append(list, page.GetExecutions()...), page.GetNextPageToken()
		if len(next) == 0 {
			return list
		}
	}
}

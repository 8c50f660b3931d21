package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

const lead = `{"email":"ana@example.org","firstName":"Ana","locale":"es"}`

// standIn has a journey's face: it keeps its input, shows where it stands and
// takes commands, until it is cancelled.
var standIn = kit.Define(sealedOnly, func(ctx workflow.Context, input journey.Input) (struct{}, error) {
	var face kit.Face
	var common kit.Common
	face = kit.Face{Stage: journey.StageOffer, Program: input.Program, Money: "deposit_due", Test: input.Test}
	done := false
	ctx, core := kit.Open(ctx, &common, sealedOnly, kit.NoPace, func() kit.Face { return face })
	kit.OnQuery(ctx, kit.QueryStatus, "status", func() map[string]any {
		return map[string]any{"stage": face.Stage, "lead": input.Lead.Email, "waitsFor": core.WaitsFor()}
	})
	kit.OfferCommands(ctx, core, nil, nil)
	kit.OnUpdate(ctx, core, kit.UpdateCancel, "cancel", func(kit.Cancel) error { return nil }, func(_ string, command kit.Cancel) kit.Verdict {
		done = true
		return kit.Verdict{Detail: "by " + command.By}
	})
	core.Raise(ctx, "parked:hold_place")
	deadline := core.Deadline("offer", workflow.Now(ctx).Add(time.Hour), kit.ClassGuest, "lost")
	_, err := core.Until(ctx, deadline, func() bool { return done })
	core.Finish(ctx)
	return struct{}{}, err
})

var sealedOnly = kit.Policy{AllowPlaintext: func() bool { return false }}

// house starts a server and points the CLI at it.
func house(t *testing.T) client.Client {
	t.Helper()
	server := devserver.Start(t)
	t.Setenv("TEMPORAL_ADDRESS", server.HostPort)
	t.Setenv("TEMPORAL_NAMESPACE", devserver.Namespace)
	t.Setenv("PAYLOAD_KEYS", testKeys("k1", 1))
	t.Setenv("TEMPORAL_UI_URL", "http://127.0.0.1:8233/")
	var set settings
	require.NoError(t, set.PayloadKeys.PayloadKeys.UnmarshalText([]byte(testKeys("k1", 1))))
	connection, err := temporalclient.Dial(t.Context(), temporalclient.Options{Program: "test", Keys: set.Ring(), RequireKeys: true, PanicOnFailure: true})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection
}

func TestJourneyByCommandLine(t *testing.T) {
	connection := house(t)
	w := worker.New(connection, options.QueueJourneys, worker.Options{})
	w.RegisterWorkflowWithOptions(standIn, workflow.RegisterOptions{Name: journey.Type})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)

	code, stdout, _ := cli(t, lead, "start", "-f", "-", "--program", "retreat-7d", "--id", "ana1", "--test", "-o", "json")
	require.Zero(t, code)
	var begun Started
	require.NoError(t, json.Unmarshal([]byte(stdout), &begun))
	require.Equal(t, "journey/ana1", begun.WorkflowID)
	require.Equal(t, "http://127.0.0.1:8233/namespaces/guest-journeys/workflows/journey%2Fana1/"+begun.RunID+"/history", begun.UI)
	first, err := connection.GetWorkflowHistory(t.Context(), begun.WorkflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
	require.NoError(t, err)
	require.NotContains(t, first.String(), "example.org", "what it sends is encrypted")

	code, _, stderr := cli(t, lead, "start", "-f", "-", "--program", "retreat-7d", "--id", "journey/ana1")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "choose another --id")

	code, stdout, _ = cli(t, "", "status", "ana1")
	require.Zero(t, code)
	for _, line := range []string{"workflowId: journey/ana1", "execution: Running", "  stage: offer", "  lead: ana@example.org"} {
		require.Contains(t, stdout, line+"\n")
	}
	code, stdout, _ = cli(t, "", "query", "journey/ana1", "status", "--output", "json")
	require.Zero(t, code)
	require.True(t, json.Valid([]byte(stdout)))

	listAna(t)

	update := []string{"update", "ana1", "cancel", "--actor", "maria", "--role", "operator", "--id", "cmd-1", "-o", "json"}
	code, _, stderr = cli(t, "", append(update, "--reason", "guest called", "-d", `{"by":"guest","oops":1}`)...)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "oops: unknown field")
	code, stdout, _ = cli(t, `{"by":"guest","reason":"guest called"}`, append(update, "-f", "-")...)
	require.Zero(t, code)
	var outcome kit.Outcome
	require.NoError(t, json.Unmarshal([]byte(stdout), &outcome))
	require.Equal(t, kit.Outcome{CommandID: "cmd-1", Command: "cancel", Status: "done", Detail: "by guest", State: "offer", At: outcome.At, Actor: "maria"}, outcome)
	require.NoError(t, connection.GetWorkflow(t.Context(), "journey/ana1", "").Get(t.Context(), nil))

	code, again, _ := cli(t, "", append(update, "--reason", "again", "-d", `{"by":"property"}`)...)
	require.Zero(t, code)
	require.JSONEq(t, stdout, again, "the same --id is the same command, even after the end")
	code, _, stderr = cli(t, "", "update", "ana1", "cancel", "--actor", "maria", "--role", "operator", "--reason", "again", "-d", `{"by":"guest"}`)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "completed")
}

func listAna(t *testing.T) {
	t.Helper()
	var found []Listed
	require.Eventually(t, func() bool {
		code, stdout, _ := cli(t, "", "list", "--stage", "offer", "--attention", "--open", "--query", "TestJourney = true", "-o", "json")
		require.Zero(t, code)
		require.NoError(t, json.Unmarshal([]byte(stdout), &found))
		return len(found) == 1
	}, 30*time.Second, 200*time.Millisecond)
	require.Equal(t, "journey/ana1", found[0].WorkflowID)
	require.Equal(t, "offer", found[0].Stage)
	require.Equal(t, "deposit_due", found[0].Money)
	require.Equal(t, []string{"parked:hold_place"}, found[0].Attention)
	require.WithinDuration(t, time.Now().Add(time.Hour), found[0].NextDeadline, 5*time.Minute)

	_, stdout, _ := cli(t, "", "list")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Len(t, lines, 2)
	require.Regexp(t, `^WORKFLOW +EXECUTION +STAGE +MONEY +CLEARANCE +OWNER +NEXT DEADLINE +ATTENTION$`, lines[0])
	require.Regexp(t, `^journey/ana1 +Running +offer +deposit_due +\S+Z +parked:hold_place$`, lines[1])
	_, stdout, _ = cli(t, "", "list", "--stage", "lost", "-o", "json")
	require.JSONEq(t, "[]", stdout)
}

func TestFailuresSayWhatToDo(t *testing.T) {
	house(t)
	code, _, stderr := cli(t, "", "status", "nobody")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "see starter list")

	_, _, _ = cli(t, lead, "start", "-f", "-", "--program", "retreat-7d", "--id", "alone")
	code, _, stderr = cli(t, "", "status", "alone", "--timeout", "2s")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "a worker running?")
	code, _, stderr = cli(t, "", "update", "alone", "hold", "--actor", "m", "--role", "operator", "--reason", "r", "--id", "cmd-7", "--timeout", "2s")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--id cmd-7")
	require.Contains(t, stderr, "the same --id")

	code, _, stderr = cli(t, "", "list", "--query", "nonsense!")
	require.Equal(t, 1, code)
	require.NotEmpty(t, stderr)

	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	code, _, stderr = cli(t, "", "list", "--timeout", "2s")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no Temporal at 127.0.0.1:1")
}

func TestWrongCalls(t *testing.T) {
	t.Setenv("PAYLOAD_KEYS", testKeys("k1", 1))
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	for name, test := range map[string]struct {
		stdin string
		args  string
		want  string
	}{
		"unknown command":   {"", "fly", "unknown command"},
		"unknown flag":      {"", "list --fly", "unknown flag"},
		"missing argument":  {"", "status", "accepts 1 arg"},
		"no file":           {"", "start --program p", "-f is missing"},
		"file not there":    {"", "start -f /nowhere/lead.json --program p", "/nowhere/lead.json"},
		"no program":        {lead, "start -f -", "--program is missing"},
		"not JSON":          {"lead", "start -f - --program p", "want one JSON object"},
		"unknown fields":    {`{"email":"a@example.org","mail":1,"fon":2}`, "start -f - --program p", "lead.fon: unknown field; lead.mail: unknown field"},
		"no address":        {`{"firstName":"Ana"}`, "start -f - --program p", "needs email or phone"},
		"state":             {`{"lead":{"email":"a@example.org"},"program":"p","state":{"stage":"offer"}}`, "start -f -", "state"},
		"ID is a mail":      {lead, "start -f - --program p --id ana@example.org", "looks like an e-mail address or a phone number"},
		"ID is a number":    {"", "status +525512345678", "looks like an e-mail address or a phone number"},
		"no actor":          {"", "update x hold --role operator --reason r", "--actor is missing"},
		"actor twice":       {`{"actor":"a"}`, "update x hold --actor b --role operator --reason r -f -", "actor is given twice"},
		"fields not object": {`[1]`, "update x hold --actor b --role operator --reason r -f -", "not one JSON object"},
		"stage with quotes": {"", "list --stage x'or", "--stage: want"},
		"limit":             {"", "list --limit 0", "--limit"},
		"output":            {"", "list --output xml", "--output"},
		"unknown view":      {"", "views late", `no view "late"; there are past-due`},
		"since":             {"", "timeline x --since yesterday", "--since: want"},
		"zone":              {"", "agenda --zone Mars", "--zone"},
		"days":              {"", "agenda --days 0", "--days: want 1 to 366"},
		"program in query":  {"", "agenda --program x'or", "--program: want"},
		"signal not JSON":   {"", "signal x guest_event -d lead", "not one JSON object"},
		"watch output":      {"", "watch x -o xml", "--output"},
		"repair limit":      {"", "repair --limit 0", "--limit"},
		"empty ID":          {"", "query  status", "accepts 2 arg"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := cli(t, test.stdin, strings.Fields(test.args)...)
			require.Equal(t, 2, code, stderr)
			require.Contains(t, stderr, test.want)
			require.NotContains(t, stderr, "ana@example.org")
			require.Empty(t, stdout)
		})
	}
	t.Setenv("PAYLOAD_KEYS", "")
	code, _, stderr := cli(t, "", "list")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "PAYLOAD_KEYS: is empty")
}

func TestShortIDs(t *testing.T) {
	for given, want := range map[string]string{"01k3": "journey/01k3", "journey/01k3": "journey/01k3", "pay/01k3": "pay/01k3", "claim/hubspot/4242/contact/551": "claim/hubspot/4242/contact/551"} {
		got, err := workflowID(given)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

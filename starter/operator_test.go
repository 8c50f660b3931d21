package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"guestjourney/activities/options"
	"guestjourney/internal/views"
	"guestjourney/starter/taletest"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
)

func TestTimelineOfJourneyAndPlanInOne(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{Plan: "pay/x"})
	awaitStatus(t, "x", "stage: offer")
	awaitStatus(t, "pay/x", "stage: offer")
	cancelTale(t, "x")

	code, stdout, _ := cli(t, "", "timeline", "x")
	require.Zero(t, code)
	require.Regexp(t, `^AT +WORKFLOW +KIND +WHO +WHAT\n`, stdout)
	require.Regexp(t, `(?m)^\S+Z +pay/x +stage +offer$`, stdout)
	require.Regexp(t, `(?m)^\S+Z +journey/x +command +ana +cancel$`, stdout)

	var lines []Told
	code, stdout, _ = cli(t, "", "timeline", "x", "--kind", "stage,command", "--since", "1h", "-o", "json")
	require.Zero(t, code)
	require.NoError(t, json.Unmarshal([]byte(stdout), &lines))
	require.IsNonDecreasing(t, instants(lines))
	require.Equal(t, []string{"command", "stage"}, kindsOf(lines))
	_, stdout, _ = cli(t, "", "timeline", "x", "--since", time.Now().Add(time.Hour).Format(time.RFC3339), "-o", "json")
	require.JSONEq(t, "[]", stdout)

	code, _, stderr := cli(t, "", "timeline", "x", "--kind", "stages")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `no line is of kind "stages"; there are command, stage, step`)
}

func instants(lines []Told) []int64 {
	var list []int64
	for _, line := range lines {
		list = append(list, line.At.UnixNano())
	}
	return list
}

func TestInstantOf(t *testing.T) {
	zone := time.FixedZone("X", -6*3600)
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, zone)
	for text, want := range map[string]time.Time{
		"": {}, "48h": now.Add(-48 * time.Hour), "2027-02-27": time.Date(2027, 2, 27, 0, 0, 0, 0, zone), "2027-02-27T01:00:00Z": time.Date(2027, 2, 27, 1, 0, 0, 0, time.UTC),
	} {
		got, err := instantOf(text, now)
		require.NoError(t, err)
		require.True(t, want.Equal(got), "%s: %s", text, got)
	}
	_, err := instantOf("yesterday", now)
	require.ErrorContains(t, err, "--since: want a duration")
}

func TestExplainInWords(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{})
	code, stdout, _ := cli(t, "", "explain", "x")
	require.Zero(t, code)
	require.Regexp(t, `^journey/x is in offer for .*, since .*\.\nIt waits for offer\.\nBlocked: the deposit is not paid\n`+
		`  unblocked by the guest pays\n  unblocked by update cancel\nBy itself: offer .*, at .*: lost\nEscalates .*, at .*: attention\n$`, stdout)
	code, stdout, _ = cli(t, "", "explain", "x", "-o", "json")
	require.Zero(t, code)
	require.JSONEq(t, taletest.Explained, stdout)

	begin(t, connection, payment.Type, "pay/x", taletest.Input{})
	code, _, stderr := cli(t, "", "explain", "pay/x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "it has no such query; starter query pay/x")
}

func TestExplanationWithoutAnythingInTheWay(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	words := explanation(journey.Explanation{Stage: "booked", Since: now.Add(-time.Hour), Control: kit.ControlHeld}, "journey/x", now)
	require.Equal(t, "journey/x is in booked for 1 h 0 min, since "+clock(now.Add(-time.Hour))+".\nIt is held.\nNothing blocks it.\n", words)
}

func TestSignalReachesOnceAndUnknownNamesAreRefused(t *testing.T) {
	connection := house(t)
	stop := work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{})
	send := []string{"signal", "x", "guest_event", "-d", `{"provider":"desk","type":"intake"}`, "--id", "req-1", "-o", "json"}
	for range 2 {
		code, stdout, stderr := cli(t, "", send...)
		require.Zero(t, code, stderr)
		require.JSONEq(t, `{"workflowId":"journey/x","signal":"guest_event","requestId":"req-1"}`, stdout)
	}
	var lines []Told
	require.Eventually(t, func() bool {
		code, stdout, _ := cli(t, "", "timeline", "x", "-o", "json")
		return code == 0 && json.Unmarshal([]byte(stdout), &lines) == nil && strings.Contains(stdout, "desk intake")
	}, soon, 100*time.Millisecond)
	facts, err := pick(lines, []string{"fact"}, time.Time{})
	require.NoError(t, err)
	require.Len(t, facts, 1, "the fact has no ID of its own: the request ID makes it one")

	code, _, stderr := cli(t, "", "signal", "x", "guest_evnt")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `journey/x (GuestJourney) takes no signal "guest_evnt"; it takes continue_as_new, guest_event`)

	stop()
	code, _, stderr = cli(t, "", "signal", "x", "guest_event", "-d", `{"provider":"desk"}`, "--timeout", "2s")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--unchecked sends the signal all the same")
	code, _, stderr = cli(t, "", "signal", "x", "guest_event", "-d", `{"provider":"desk"}`, "--unchecked")
	require.Zero(t, code, stderr)

	require.NoError(t, connection.TerminateWorkflow(t.Context(), "journey/x", "", "test"))
	code, _, stderr = cli(t, "", "signal", "x", "guest_event", "-d", `{"provider":"desk"}`)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "has closed (Terminated), nobody would read the signal")
}

func TestViews(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	for id, owner := range map[string]string{"journey/b": "zoe", "journey/a": "ana"} {
		begin(t, connection, journey.Type, id, taletest.Input{Clearance: "waiting", Owner: owner})
	}
	var found []Listed
	require.Eventually(t, func() bool {
		code, stdout, _ := cli(t, "", "views", views.NameClearance, "-o", "json")
		return code == 0 && json.Unmarshal([]byte(stdout), &found) == nil && len(found) == 2
	}, soon, 100*time.Millisecond)
	assert.Equal(t, []string{"ana", "zoe"}, []string{found[0].Owner, found[1].Owner}, "by owner")
	_, stdout, _ := cli(t, "", "views", views.NameClearance, "--count")
	assert.Equal(t, "2\n", stdout)
	_, stdout, _ = cli(t, "", "views", views.NameClearance, "--count", "-o", "json")
	assert.JSONEq(t, `{"view":"awaiting-clearance","count":2}`, stdout)

	code, _, stderr := cli(t, "", "update", "journey/a", "hold", "--actor", "ana", "--role", "operator", "--reason", "r")
	require.Zero(t, code, stderr)
	require.Eventually(t, func() bool {
		code, stdout, _ := cli(t, "", "list", "--query", "ControlState = 'held'", "-o", "json")
		return code == 0 && strings.Contains(stdout, "journey/a")
	}, soon, 100*time.Millisecond)
	for _, more := range [][]string{{}, {"--count"}} {
		code, stdout, _ = cli(t, "", append([]string{"views", views.NameHeld}, more...)...)
		require.Zero(t, code)
		assert.NotContains(t, stdout, "journey/a", "held, but not for long")
	}
}

func TestHeldSince(t *testing.T) {
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	assert.Equal(t, at, lastHold([]kit.Line{{At: at.Add(-time.Hour), Kind: "command", Text: "hold"}, {At: at, Kind: "command", Text: "hold"}, {At: at.Add(time.Hour), Kind: "fact", Text: "hold"}}))
	assert.True(t, lastHold(nil).IsZero(), "older than the timeline: held for long")
}

func TestViewsAndTheirLinksNeedNoTemporal(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	t.Setenv("TEMPORAL_UI_URL", "https://ui.example.org/")
	code, stdout, _ := cli(t, "", "views")
	require.Zero(t, code)
	for _, view := range views.All() {
		require.Contains(t, stdout, view.Name+": "+view.About+"\n")
	}
	require.Contains(t, stdout, "  https://ui.example.org/namespaces/guest-journeys/workflows?query=ExecutionStatus+%3D+%27Running%27+AND+Attention+IS+NOT+NULL\n")
	require.Contains(t, stdout, "start a journey:\n  https://ui.example.org/namespaces/guest-journeys/workflows/start-workflow?taskQueue=journeys&workflowType=GuestJourney\n")
	var catalog Catalog
	_, stdout, _ = cli(t, "", "views", "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(stdout), &catalog))
	require.Len(t, catalog.Views, len(views.All()))
}

func TestAgenda(t *testing.T) {
	connection := house(t)
	stop := work(t, connection, nil)
	now := time.Now().UTC()
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 15, 30, 0, 0, time.UTC)
	begin(t, connection, journey.Type, "journey/x", taletest.Input{Program: "retreat-7d", ArrivalAt: tomorrow, Waits: options.Duration(20 * 24 * time.Hour)})
	begin(t, connection, appointment.Type, "appt/x", taletest.Input{Program: "retreat-7d", Start: tomorrow.Add(time.Hour), Waits: options.Duration(tomorrow.Sub(now))})
	begin(t, connection, journey.Type, "journey/other", taletest.Input{Program: "example", ArrivalAt: tomorrow, Waits: options.Duration(20 * 24 * time.Hour)})

	var entries []Entry
	ask := []string{"agenda", "--days", "3", "--program", "retreat-7d", "--zone", "UTC"}
	require.Eventually(t, func() bool {
		code, stdout, _ := cli(t, "", append(ask, "-o", "json")...)
		return code == 0 && json.Unmarshal([]byte(stdout), &entries) == nil && len(entries) == 3
	}, soon, 100*time.Millisecond)
	_, stdout, _ := cli(t, "", ask...)
	require.Equal(t, tomorrow.Format("Mon 2006-01-02")+"\n"+
		"  15:30  deadline  appt/x  retreat-7d  offer: lost\n"+
		"  15:30  arrival   journey/x  retreat-7d  offer, money pending\n"+
		"  16:30  session   appt/x  retreat-7d  offer\n", sortDay(stdout))

	stop()
	_, stdout, _ = cli(t, "", append(ask, "--timeout", "12s")...)
	require.Contains(t, stdout, "deadline  appt/x  retreat-7d  (no worker answered what)\n")
}

// sortDay brings entries of one minute into a fixed order: the tale's deadline
// may fall some milliseconds before or after.
func sortDay(text string) string {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) > 2 && strings.Contains(lines[1], "arrival") {
		lines[1], lines[2] = lines[2], lines[1]
	}
	return strings.Join(lines, "")
}

func TestDays(t *testing.T) {
	zone, err := zoneOf("America/Mexico_City")
	require.NoError(t, err)
	now := time.Date(2027, 3, 2, 3, 0, 0, 0, time.UTC).In(zone) // still 1 March there
	p, err := planOf(now, 2, 10, "")
	require.NoError(t, err)
	require.Equal(t, "2027-03-01T00:00:00-06:00", p.from.Format(time.RFC3339))
	require.Equal(t, "2027-03-03T00:00:00-06:00", p.to.Format(time.RFC3339))
	entries := p.keep([]Entry{
		{At: p.to, Kind: "deadline", Workflow: "journey/after"},
		{At: p.from.Add(30 * time.Hour), Kind: "deadline", Workflow: "journey/second", Text: "offer: lost"},
		{At: p.from, Kind: "arrival", Workflow: "journey/first"},
		{At: p.from.Add(-time.Second), Workflow: "journey/before"},
	})
	require.Equal(t, "Mon 2027-03-01\n  00:00  arrival   journey/first  \nTue 2027-03-02\n  06:00  deadline  journey/second  offer: lost\n", daily(entries, zone))
	require.Equal(t, "nothing\n", daily(nil, zone))
}

func TestCompletion(t *testing.T) {
	connection := house(t)
	work(t, connection, nil)
	begin(t, connection, journey.Type, "journey/abc", taletest.Input{})
	begin(t, connection, payment.Type, "pay/abc", taletest.Input{})
	complete := func(words ...string) string {
		_, stdout, _ := cli(t, "", append([]string{"__complete"}, words...)...)
		return stdout
	}
	require.Eventually(t, func() bool { return strings.Contains(complete("watch", "a"), "abc\tGuestJourney\n") }, soon, 100*time.Millisecond)
	require.Eventually(t, func() bool { return strings.Contains(complete("status", "pay/"), "pay/abc\tPaymentPlan\n") }, soon, 100*time.Millisecond)
	assert.NotContains(t, complete("watch", "b"), "abc")
	assert.NotContains(t, complete("watch", "'"), "abc", "no quote reaches the query")
	assert.Contains(t, complete("update", "abc", ""), "hold\tStop messages")
	assert.Contains(t, complete("signal", "abc", ""), "guest_event\tA guest's fact.\n")
	assert.Contains(t, complete("query", "abc", ""), "explain\texplain\n")
	assert.Contains(t, complete("views", ""), "past-due\t")
	assert.Contains(t, complete("start", "--program", ""), "retreat-7d\n")
	assert.Contains(t, complete("agenda", "--program", ""), "retreat-7d\n")
	assert.Contains(t, complete("update", "abc", "hold", "--role", ""), "clinician\n")
	code, stdout, _ := cli(t, "", "completion", "bash")
	require.Zero(t, code)
	require.Contains(t, stdout, "starter")
}

// lateAttribute is what a workflow shows whose deadline passed.
func lateAttribute(t *testing.T, connection client.Client, id string) {
	t.Helper()
	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: "nobody",
		TypedSearchAttributes: temporal.NewSearchAttributes(kit.AttributeNextDeadline.ValueSet(time.Now().Add(-time.Hour)), kit.AttributeStage.ValueSet("offer")),
	}, journey.Type)
	require.NoError(t, err)
}

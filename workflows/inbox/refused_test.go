package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/workflows/inbox"
	"guestjourney/workflows/kit"
)

func TestAnInputThatCannotBeRightFailsTheStartWithEveryProblem(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*inbox.Input)
		words string
	}{
		"nothing": {func(i *inbox.Input) { *i = inbox.Input{} },
			`InvalidInput: provider: want a code such as "stripe"; type: want the provider's event type, such as "payment_intent.succeeded"; ` +
				`event: want the event's key, 32 to 128 hex digits in lower case; target: missing; want the ID of a workflow; ` +
				`signal: want the name of a signal, such as "payment_event"; fact.id: missing; the receiver knows a repeat by it; receivedAt: missing`},
		"an address for a provider": {func(i *inbox.Input) { i.Provider = "a@b.example" }, "provider: want a code"},
		"words for a type":          {func(i *inbox.Input) { i.Type = "Ana is unwell" }, "type: want"},
		"no key":                    {func(i *inbox.Input) { i.Event = "evt_1" }, "event: want"},
		"a number for a target":     {func(i *inbox.Input) { i.Target = "guest/+525512345678" }, "target: it looks like an e-mail address or a phone number"},
		"itself":                    {func(i *inbox.Input) { i.Target = inbox.ID("stripe", key) }, "target: an event cannot be routed to an event"},
		"a term of the past":        {func(i *inbox.Input) { i.Term = -1 }, "term: want more than 0"},
		"a pace of the past":        {func(i *inbox.Input) { i.Pace.RetryFirst = -1 }, "pace: durations"},
		"half a start":              {func(i *inbox.Input) { i.Start = &kit.Start{TaskQueue: "journeys"} }, "start.workflowType: missing; start.input: want one JSON object"},
		"a start without an input": {func(i *inbox.Input) {
			i.Start = &kit.Start{WorkflowType: "Claim", TaskQueue: "journeys", Input: []byte("null")}
		}, "start.input: want one JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			input := event()
			test.spoil(&input)
			assert.Contains(t, "InvalidInput: "+strings.Join(input.Problems(), "; "), test.words)
		})
	}
	p := newPlay(t, inbox.Input{})
	p.Run()
	require.ErrorContains(t, p.Err, "InvalidInput: provider: want a code")
}

func TestAnUnknownFieldFailsTheStart(t *testing.T) {
	_, err := kit.DecodeJSON[inbox.Input]([]byte(`{"provider":"stripe","fact":{"id":"e","body":"x"},"start":{"kind":"y"},"receivedAt":"now"}`))
	require.EqualError(t, err, `fact.body: unknown field; receivedAt: want a time such as "2027-03-02T09:00:00Z"; start.kind: unknown field`)
}

func TestRefusedCommands(t *testing.T) {
	p := newPlay(t, event())
	rejections := 0
	refused := func(update string, input any, words string) {
		p.Update(update, "x"+words, input, func(rejected error) {
			rejections++
			require.ErrorContains(t, rejected, words)
		})
	}
	p.After(time.Hour, func() {
		refused(inbox.UpdateDiscard, kit.Envelope{}, "actor: say who you are")
		refused(inbox.UpdateDiscard, by(kit.RoleEngineer), "role: this command needs operator or manager, not engineer")
		refused(inbox.UpdateRoute, inbox.Route{Envelope: by(kit.RoleClinician)}, "role: this command needs operator or manager or engineer, not clinician")
		refused(kit.UpdateHold, kit.Hold{Envelope: by(kit.RoleEngineer)}, "role: this command needs")
		refused(inbox.UpdateRetry, map[string]any{"actor": "a", "role": "operator", "reason": "r", "target": "pay/x"}, "target: unknown field")
		for target, words := range map[string]string{
			"journey/1":                  "target: journey/1 does not take payment_event; IDs that begin with these do: pay/",
			"pay/ana@example.com":        "target: it looks like an e-mail address",
			inbox.ID("stripe", key):      "target: an event cannot be routed to an event",
			string(make([]byte, 1001)):   "target: longer than 1000 bytes",
			"claim/hubspot/1/contact/22": "target: claim/hubspot/1/contact/22 does not take payment_event",
		} {
			refused(inbox.UpdateRoute, inbox.Route{Envelope: operator(), Target: target}, words)
		}
	})
	p.After(2*time.Hour, func() {
		assert.Equal(t, 10, rejections)
		assert.Empty(t, p.status().Commands, "a rejected command leaves no trace")
		p.open["my-own-name"] = true
		p.command(inbox.UpdateRoute, "r", inbox.Route{Envelope: operator(), Target: "my-own-name"})
	})
	p.Run()
	assert.Equal(t, "my-own-name", p.Result.Target)
}

package dev

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/sandbox"
)

func smallScenario() scenario {
	return scenario{
		Lead: "lead.json", Program: "example",
		Result:   map[string]any{"stage": "completed", "capturedMinor": 200000},
		Effects:  []effectCount{{"stripe", "customers.create", 1}, {"twilio", "messages.create", 2}},
		Webhooks: []webhookCount{{"stripe", "checkout.session.completed", 1}, {"sendgrid", "delivered", 2}},
	}
}

func smallOutcome() outcome {
	return outcome{
		result: []byte(`{"stage":"completed","capturedMinor":200000,"guestRef":"g"}`),
		calls: []sandbox.JournalEntry{
			{Provider: "stripe", Operation: "customers.create", EffectKey: "a", Effect: true},
			{Provider: "stripe", Operation: "customers.create", EffectKey: "a", Duplicate: true},
			{Provider: "stripe", Operation: "checkout.sessions.list"},
			{Provider: "twilio", Operation: "messages.create", EffectKey: "b", Effect: true},
			{Provider: "twilio", Operation: "messages.create", EffectKey: "c", Effect: true},
		},
		webhooks: []sandbox.WebhookRecord{
			{Provider: "stripe", Type: "checkout.session.completed", State: sandbox.WebhookDelivered},
			{Provider: "sendgrid", Type: "processed,delivered", State: sandbox.WebhookDelivered},
			{Provider: "sendgrid", Type: "delivered, delivered", State: sandbox.WebhookDelivered},
		},
	}
}

func TestAnOutcomeThatAgreesHasNoDifference(t *testing.T) {
	differences, err := smallScenario().compare(smallOutcome())
	require.NoError(t, err)
	assert.Empty(t, differences)
}

func TestEveryDifferenceIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*outcome)
		want   []string
	}{
		"another result": {
			func(o *outcome) { o.result = []byte(`{"stage":"lost","capturedMinor":200000}`) },
			[]string{`- result stage "completed"`, `+ result stage "lost"`},
		},
		"a field that is not there": {
			func(o *outcome) { o.result = []byte(`{"stage":"completed"}`) },
			[]string{"- result capturedMinor 200000", "+ result capturedMinor null"},
		},
		"a missing effect": {
			func(o *outcome) { o.calls = o.calls[1:] },
			[]string{"- effect stripe customers.create 1", "+ effect stripe customers.create 0"},
		},
		"one too many, under a key of its own": {
			func(o *outcome) {
				o.calls = append(o.calls, sandbox.JournalEntry{Provider: "twilio", Operation: "messages.create", EffectKey: "d", Effect: true})
			},
			[]string{"- effect twilio messages.create 2", "+ effect twilio messages.create 3"},
		},
		"the right number, but one of them twice": {
			func(o *outcome) { o.calls[4].EffectKey = "b" },
			[]string{"+ effect twilio messages.create happened again under b"},
		},
		"an effect that nobody expects": {
			func(o *outcome) {
				o.calls = append(o.calls, sandbox.JournalEntry{Provider: "stripe", Operation: "refunds.create", EffectKey: "r", Effect: true})
			},
			[]string{"- effect stripe refunds.create 0", "+ effect stripe refunds.create 1"},
		},
		"a webhook that was not taken": {
			func(o *outcome) { o.webhooks[0].State = sandbox.WebhookPending },
			[]string{"- webhook stripe checkout.session.completed at least 1", "+ webhook stripe checkout.session.completed 0"},
		},
		"a webhook too few": {
			func(o *outcome) { o.webhooks[2].Type = "bounce" },
			[]string{"- webhook sendgrid delivered at least 2", "+ webhook sendgrid delivered 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := smallOutcome()
			test.change(&found)
			differences, err := smallScenario().compare(found)
			require.NoError(t, err)
			assert.Equal(t, test.want, differences)
		})
	}
}

func TestTheExamplesOwnFilesAreSound(t *testing.T) {
	s := settings{Examples: filepath.Join("..", "..", "examples")}
	wanted, err := readScenario(s)
	require.NoError(t, err)
	one, err := newExample(s, wanted)
	require.NoError(t, err)
	two, err := newExample(s, wanted)
	require.NoError(t, err)
	assert.NotEqual(t, one.id, two.id)
	assert.NotEqual(t, one.lead.Email, two.lead.Email, "every run is a guest of its own")
	assert.NotEqual(t, one.phone, two.phone)
	assert.Regexp(t, `^journey/[0-9a-z]{26}$`, one.id)
	assert.Equal(t, "America/Mexico_City", one.zone.String())
}

func TestAScenarioThatProvesNothingIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         `{}`,
		"no effects":    `{"lead":"lead.json","program":"example","result":{"stage":"completed"}}`,
		"no result":     `{"lead":"lead.json","program":"example","effects":[{"provider":"stripe","operation":"x","count":1}]}`,
		"unknown field": `{"lead":"lead.json","program":"example","results":{}}`,
		"no JSON":       `{`,
	} {
		t.Run(name, func(t *testing.T) {
			s := settings{Examples: t.TempDir()}
			require.NoError(t, os.WriteFile(filepath.Join(s.Examples, "scenario.json"), []byte(text), 0o600))
			_, err := readScenario(s)
			require.ErrorContains(t, err, "scenario")
		})
	}
	_, err := readScenario(settings{Examples: t.TempDir()})
	require.ErrorContains(t, err, "scenario")
}

func TestALeadMustShowBothChannels(t *testing.T) {
	for name, text := range map[string]string{
		"no phone":      `{"email":"ana@example.com"}`,
		"no e-mail":     `{"phone":"+52 55 1234 5678"}`,
		"unknown field": `{"email":"ana@example.com","phone":"+52 55 1234 5678","surname":"x"}`,
		"short number":  `{"email":"ana@example.com","phone":"12345"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := settings{Examples: t.TempDir()}
			require.NoError(t, os.WriteFile(filepath.Join(s.Examples, "lead.json"), []byte(text), 0o600))
			_, err := newExample(s, smallScenario())
			require.ErrorContains(t, err, "the example's lead")
		})
	}
}

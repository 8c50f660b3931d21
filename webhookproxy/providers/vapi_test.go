package providers_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/identity"
	"guestjourney/webhookproxy/providers"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

const caller = "+525512345678"

// fromCall is a message of a call from the caller, with more fields.
func fromCall(kind, more string) string {
	return `{"message":{"type":"` + kind + `","timestamp":1803978000123,"call":{"id":"call-1","type":"inboundPhoneCall","customer":{"number":"` + caller + `"}}` + more + `}}`
}

const threeTools = `,"toolCallList":[{"id":"a","type":"function","function":{"name":"next_session","arguments":{}}},
	{"id":"b","name":"send_payment_link","parameters":{}},{"id":"c","function":{"name":"speak_to_person"}}]`

// asking is a Vapi with assistants.
func asking(t *testing.T, assistants providers.Assistants, text string) providers.Event {
	t.Helper()
	all, err := providers.All(providers.Config{IdentityKey: identityKey, Assistants: assistants})
	require.NoError(t, err)
	for _, provider := range all {
		if provider.Name == "vapi" {
			delivery := body(text)
			delivery.ReceivedAt = receivedAt
			events, err := provider.Routes[0].Events(delivery)
			require.NoError(t, err)
			require.Len(t, events, 1)
			return events[0]
		}
	}
	t.Fatal("no vapi")
	return providers.Event{}
}

var bothAssistants = providers.Assistants{ByLanguage: map[string]string{"en": "asst-en", "es": "asst-es"}, Default: "asst-any"}

// workflows answers updates by name, and notes who was asked.
type workflows struct {
	owner   profile.Owner
	caller  profile.Caller
	answers journey.CallAnswers
	fails   string // the update that fails
	asked   []string
	tools   []journey.ToolCall
}

func (w *workflows) ask(_ context.Context, workflowID, update string, input, result any) error {
	w.asked = append(w.asked, workflowID+" "+update)
	if update == w.fails {
		return errors.New("no answer")
	}
	switch told := result.(type) {
	case *profile.Owner:
		*told = w.owner
	case *profile.Caller:
		*told = w.caller
	case *journey.CallAnswers:
		w.tools = input.(journey.CallAsk).Tools
		*told = w.answers
	}
	return nil
}

func TestACallGoesToTheClaimOfItsNumber(t *testing.T) {
	claim := identity.ClaimID(identityKey, identity.KindPhone, caller)
	for kind, more := range map[string]string{"assistant-request": "", "tool-calls": threeTools, "transfer-destination-request": ""} {
		event := one(t, "/webhooks/vapi", body(fromCall(kind, more)))
		require.Equal(t, &providers.Start{WorkflowType: "Claim", TaskQueue: "journeys", Input: profile.ClaimInput{Kind: "phone"}}, event.Signal.Start)
		require.Equal(t, claim, event.Signal.WorkflowID)
		require.Equal(t, kit.SignalCall, event.Signal.Name)
		fact := event.Signal.Fact
		require.Equal(t, []any{event.ID, "vapi", kind, "call-1", receivedAt}, []any{fact.ID, fact.Provider, fact.Type, fact.Object, fact.OccurredAt})
		require.Equal(t, caller, fact.Data["from"])
		if kind == "tool-calls" {
			require.Equal(t, "next_session,send_payment_link,speak_to_person", fact.Data["tools"])
		}
		require.NotContains(t, event.ID+event.Account+event.Type+event.Signal.WorkflowID, "5512345678")
		require.NotNil(t, event.Asks, kind)
	}
	for _, kind := range []string{"status-update", "end-of-call-report", "transcript"} {
		event := one(t, "/webhooks/vapi", body(fromCall(kind, "")))
		require.Nil(t, event.Signal, kind)
		require.Nil(t, event.Asks, kind)
	}
}

// The number stands in the call, or beside it.
func TestTheCallersNumberIsFoundInBothPlaces(t *testing.T) {
	beside := one(t, "/webhooks/vapi", body(`{"message":{"type":"assistant-request","customer":{"number":"`+caller+`"},"call":{"id":"c"}}}`))
	require.Equal(t, identity.ClaimID(identityKey, identity.KindPhone, caller), beside.Signal.WorkflowID)
	for _, hidden := range []string{"", "anonymous", "sip:someone@example.com", "12345"} {
		event := asking(t, bothAssistants, strings.ReplaceAll(fromCall("tool-calls", threeTools), caller, hidden))
		require.True(t, event.Foreign, hidden)
		require.Nil(t, event.Signal)
		said, promise := event.Asks.Otherwise()
		require.Nil(t, promise, "nobody can be called back")
		require.Contains(t, said.Body, "I cannot see your number")
		_, err := event.Asks.Answer(t.Context(), func(context.Context, string, string, any, any) error {
			t.Fatal("there is nobody to ask")
			return nil
		})
		require.Error(t, err)
	}
}

func TestACallIsTakenInTheGuestsLanguage(t *testing.T) {
	event := asking(t, bothAssistants, fromCall("assistant-request", ""))
	house := &workflows{owner: profile.Owner{GuestRef: "g1"}, caller: profile.Caller{Locale: "es", JourneyID: "journey/1"}}
	require.Equal(t, `{"assistantId":"asst-es"}`, answered(t, event, house))
	require.Equal(t, []string{event.Signal.WorkflowID + " owner", "guest/g1 caller"}, house.asked)

	house.caller.Locale = "en"
	require.Equal(t, `{"assistantId":"asst-en"}`, answered(t, event, house))
	for _, unknown := range []string{"", "fr"} {
		house.caller.Locale = unknown
		require.Equal(t, `{"assistantId":"asst-any"}`, answered(t, event, house))
	}
	house.owner.GuestRef = ""
	require.Equal(t, `{"assistantId":"asst-any"}`, answered(t, event, house), "a stranger's call is taken")

	for _, fails := range []string{"owner", "caller"} {
		house.owner.GuestRef, house.fails = "g1", fails
		_, err := event.Asks.Answer(t.Context(), house.ask)
		require.Error(t, err)
	}
	said, promise := event.Asks.Otherwise()
	require.Equal(t, `{"assistantId":"asst-any"}`, said.Body)
	require.Nil(t, promise)
}

func TestWithoutAnAssistantTheCallerHearsASentence(t *testing.T) {
	event := asking(t, providers.Assistants{}, fromCall("assistant-request", ""))
	said, _ := event.Asks.Otherwise()
	require.JSONEq(t, `{"error":"We cannot take your call right now. Please call again later, or send us a message."}`, said.Body)
	require.Equal(t, "application/json", said.ContentType)
}

func answered(t *testing.T, event providers.Event, house *workflows) string {
	t.Helper()
	house.asked = nil
	said, err := event.Asks.Answer(t.Context(), house.ask)
	require.NoError(t, err)
	return said.Body
}

func TestEveryToolCallHasAResultInTheGuestsWords(t *testing.T) {
	event := asking(t, bothAssistants, fromCall("tool-calls", threeTools))
	house := &workflows{
		owner: profile.Owner{GuestRef: "g1"}, caller: profile.Caller{JourneyID: "journey/1"},
		answers: journey.CallAnswers{Locale: "es", Answers: []journey.CallAnswer{
			{ID: "a", Say: "appointment", At: "Wed 2 Jun 2027, 15:00 (America/Mexico_City)"}, {ID: "b", Say: "link_by_email"}, {ID: "c", Say: "call_back"},
		}},
	}
	require.JSONEq(t, `{"results":[
		{"name":"next_session","toolCallId":"a","result":"Su próxima cita empieza el miércoles 2 de junio de 2027, 15:00, hora local de la casa."},
		{"name":"send_payment_link","toolCallId":"b","result":"El enlace de pago va en camino por correo electrónico."},
		{"name":"speak_to_person","toolCallId":"c","result":"Alguien del equipo le devolverá la llamada."}]}`, answered(t, event, house))
	require.Equal(t, []journey.ToolCall{{ID: "a", Tool: "next_session"}, {ID: "b", Tool: "send_payment_link"}, {ID: "c", Tool: "speak_to_person"}}, house.tools)
	require.Equal(t, "journey/1 answer_call", house.asked[2])

	for name, spoil := range map[string]func(*workflows){
		"a sentence that there is not": func(w *workflows) { w.answers.Answers[0].Say = "canary" },
		"too few answers":              func(w *workflows) { w.answers.Answers = w.answers.Answers[:2] },
		"a stranger":                   func(w *workflows) { w.owner.GuestRef = "" },
		"no open journey":              func(w *workflows) { w.caller.JourneyID = "" },
		"the journey is silent":        func(w *workflows) { w.fails = "answer_call" },
	} {
		worse := *house
		worse.answers.Answers = append([]journey.CallAnswer(nil), house.answers.Answers...)
		spoil(&worse)
		_, err := event.Asks.Answer(t.Context(), worse.ask)
		require.Error(t, err, name)
	}
}

func TestWithoutAnAnswerEveryToolCallHasAPromise(t *testing.T) {
	event := asking(t, bothAssistants, fromCall("tool-calls", threeTools))
	said, promise := event.Asks.Otherwise()
	var results struct{ Results []map[string]string }
	require.NoError(t, json.Unmarshal([]byte(said.Body), &results))
	require.Len(t, results.Results, 3)
	for i, id := range []string{"a", "b", "c"} {
		require.Equal(t, id, results.Results[i]["toolCallId"])
		require.Equal(t, "I cannot look that up now. Somebody of the team will call you back.", results.Results[i]["result"])
	}
	require.Equal(t, event.Signal.WorkflowID, promise.Signal.WorkflowID)
	require.Equal(t, kit.SignalCall, promise.Signal.Name)
	require.NotNil(t, promise.Signal.Start)
	fact := promise.Signal.Fact
	require.Equal(t, []any{promise.ID, "vapi", profile.FactCallBack, "call-1", caller}, []any{fact.ID, fact.Provider, fact.Type, fact.Object, fact.Data["from"]})
	require.NotEqual(t, event.ID, promise.ID)

	_, later := asking(t, bothAssistants, strings.ReplaceAll(fromCall("tool-calls", threeTools), `"id":"a"`, `"id":"d"`)).Asks.Otherwise()
	require.Equal(t, promise.ID, later.ID, "one call back for a call")
}

func TestToolsOfOthersAreRefused(t *testing.T) {
	event := asking(t, bothAssistants, fromCall("tool-calls", `,"toolCallList":[{"id":"x","name":"order_pizza"}]`))
	require.True(t, event.Foreign)
	require.Nil(t, event.Signal)
	house := &workflows{}
	require.JSONEq(t, `{"results":[{"name":"order_pizza","toolCallId":"x","result":"I cannot do that on the telephone."}]}`, answered(t, event, house))
	require.Empty(t, house.asked)
	require.JSONEq(t, `{"results":[]}`, answered(t, asking(t, bothAssistants, fromCall("tool-calls", "")), house))
}

func TestATransferIsAWishForAPerson(t *testing.T) {
	event := asking(t, bothAssistants, fromCall("transfer-destination-request", ""))
	house := &workflows{
		owner: profile.Owner{GuestRef: "g1"}, caller: profile.Caller{JourneyID: "journey/1"},
		answers: journey.CallAnswers{Locale: "en", Answers: []journey.CallAnswer{{ID: "transfer", Say: "call_back"}}},
	}
	require.JSONEq(t, `{"error":"Somebody of the team will call you back."}`, answered(t, event, house))
	require.Equal(t, []journey.ToolCall{{ID: "transfer", Tool: "speak_to_person"}}, house.tools)
	said, promise := event.Asks.Otherwise()
	require.Contains(t, said.Body, "call you back")
	require.NotNil(t, promise)
}

func TestAKnowledgeBaseHasNoDocuments(t *testing.T) {
	event := asking(t, bothAssistants, fromCall("knowledge-base-request", ""))
	require.Nil(t, event.Signal)
	require.JSONEq(t, `{"documents":[]}`, answered(t, event, &workflows{}))
}

func TestToolCallsAreBounded(t *testing.T) {
	list := func(one string, count int) string {
		return fromCall("tool-calls", `,"toolCallList":[`+strings.TrimSuffix(strings.Repeat(one+",", count), ",")+`]`)
	}
	_, err := read(t, "/webhooks/vapi", body(list(`{"id":"a","name":"next_session"}`, 20)))
	require.NoError(t, err)
	_, err = read(t, "/webhooks/vapi", body(list(`{"id":"a","name":"next_session"}`, 21)))
	require.ErrorContains(t, err, "more than")
	for _, wrong := range []string{`{"name":"next_session"}`, `{"id":"` + strings.Repeat("a", 201) + `"}`, `{"id":"a","name":"` + strings.Repeat("n", 65) + `"}`} {
		_, err = read(t, "/webhooks/vapi", body(list(wrong, 1)))
		require.ErrorContains(t, err, "toolCallList")
	}
}

func TestAssistantsAreRead(t *testing.T) {
	read, problems := providers.AssistantSettings{Assistants: []string{"en=asst-en", " es=asst-es "}, DefaultAssistant: "asst-any"}.ReadAssistants()
	require.Empty(t, problems)
	require.Equal(t, bothAssistants, read)
	read, problems = providers.AssistantSettings{}.ReadAssistants()
	require.Empty(t, problems)
	require.Empty(t, read.ByLanguage)
	for _, test := range []struct {
		settings providers.AssistantSettings
		says     string
	}{
		{providers.AssistantSettings{Assistants: []string{"canary"}}, "VAPI_ASSISTANTS: want <language>=<assistant ID>"},
		{providers.AssistantSettings{Assistants: []string{"fr=canary"}}, "guests speak en, es"},
		{providers.AssistantSettings{Assistants: []string{"en="}}, "VAPI_ASSISTANTS"},
		{providers.AssistantSettings{Assistants: []string{"en=a", "en=b"}}, "VAPI_ASSISTANTS: en is there twice"},
		{providers.AssistantSettings{Assistants: []string{""}}, "VAPI_ASSISTANTS"},
		{providers.AssistantSettings{DefaultAssistant: "canary and more"}, "VAPI_DEFAULT_ASSISTANT"},
	} {
		_, problems := test.settings.ReadAssistants()
		require.Len(t, problems, 1, test.says)
		require.Contains(t, problems[0], test.says)
		require.NotContains(t, problems[0], "canary")
	}
}

package providers

import (
	"context"
	"errors"

	"guestjourney/activities/wording"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// question is what Vapi waits to be told; nil if it waits for nothing.
func (v vapiMessage) question(call vapiCall) Question {
	switch v.Message.Type {
	case vapiAssistant:
		return whichAssistant{call}
	case vapiTools:
		return toolCalls{vapiCall: call, calls: v.Message.ToolCalls, offered: v.offered()}
	case vapiTransfer:
		return transfer{call}
	case vapiKnowledge:
		return fixed(jsonAnswer(map[string]any{"documents": []any{}})) // we keep none
	}
	return nil
}

// errNobody: there is no guest with an open journey, or no number to look for.
var errNobody = errors.New("the caller is no guest with an open journey")

// caller asks the claim whose number it is, and the guest's profile for the
// language and the journey. A stranger is a Caller without either.
func (c vapiCall) caller(ctx context.Context, ask Ask) (caller profile.Caller, err error) {
	var owner profile.Owner
	if c.claim == "" {
		return caller, nil
	}
	if err := ask(ctx, c.claim, profile.UpdateOwner, kit.Empty{}, &owner); err != nil || owner.GuestRef == "" {
		return caller, err
	}
	err = ask(ctx, "guest/"+owner.GuestRef, profile.UpdateCaller, kit.Empty{}, &caller)
	return caller, err
}

// use asks the caller's journey about tools.
func (c vapiCall) use(ctx context.Context, ask Ask, tools []journey.ToolCall) (told journey.CallAnswers, err error) {
	caller, err := c.caller(ctx, ask)
	switch {
	case err != nil:
		return told, err
	case caller.JourneyID == "":
		return told, errNobody
	}
	err = ask(ctx, caller.JourneyID, journey.UpdateAnswerCall, journey.CallAsk{Call: c.id, Tools: tools}, &told)
	if err == nil && len(told.Answers) != len(tools) {
		err = errors.New("the journey answers something else than it was asked")
	}
	return told, err
}

// unanswered is the sentence for when nobody answers, and the promise that it
// makes. It is English: whoever does not answer tells no language, and the
// assistant says a tool's result in its own words.
func (c vapiCall) unanswered() (sentence string, promise *Event) {
	if c.promise == nil {
		return inEnglish(wording.CallNoNumber), nil // nobody can be called back
	}
	return inEnglish(wording.CallCannotLook), c.promise
}

// inEnglish is a sentence without a time, which every language has.
func inEnglish(sentence string) string {
	said, err := wording.Said(sentence, "en", "")
	if err != nil {
		panic("a sentence is missing: " + err.Error())
	}
	return said
}

// whichAssistant takes an inbound call, in the guest's language.
type whichAssistant struct{ vapiCall }

// Answer implements Question.
func (q whichAssistant) Answer(ctx context.Context, ask Ask) (Answer, error) {
	caller, err := q.caller(ctx, ask)
	if err != nil {
		return Answer{}, err
	}
	return q.take(caller.Locale), nil
}

// Otherwise implements Question.
func (q whichAssistant) Otherwise() (Answer, *Event) { return q.take(""), nil }

// take names an assistant. Where there is none, the caller hears a sentence: for
// Vapi that is the field "error" of the answer, which it speaks before it hangs
// up.
func (q whichAssistant) take(language string) Answer {
	if id := q.assistants.speaking(language); id != "" {
		return jsonAnswer(map[string]any{"assistantId": id})
	}
	return jsonAnswer(map[string]any{"error": inEnglish(wording.CallLater)})
}

// toolCalls are tools that the assistant uses; each has a result, always.
type toolCalls struct {
	vapiCall
	calls   []vapiToolCall
	offered bool
}

// Answer implements Question.
func (q toolCalls) Answer(ctx context.Context, ask Ask) (Answer, error) {
	if !q.offered {
		return q.results(func(int) string { return inEnglish(wording.CallCannotDo) }), nil
	}
	var tools []journey.ToolCall
	for _, call := range q.calls {
		tools = append(tools, journey.ToolCall{ID: string(call.ID), Tool: call.name()})
	}
	told, err := q.use(ctx, ask, tools)
	if err != nil {
		return Answer{}, err
	}
	said := make([]string, len(tools))
	for i, answer := range told.Answers {
		if said[i], err = wording.Said(answer.Say, told.Locale, answer.At); err != nil {
			return Answer{}, err
		}
	}
	return q.results(func(i int) string { return said[i] }), nil
}

// Otherwise implements Question.
func (q toolCalls) Otherwise() (Answer, *Event) {
	sentence, promise := q.unanswered()
	return q.results(func(int) string { return sentence }), promise
}

func (q toolCalls) results(said func(i int) string) Answer {
	results := []map[string]string{}
	for i, call := range q.calls {
		results = append(results, map[string]string{"name": call.name(), "toolCallId": string(call.ID), "result": said(i)})
	}
	return jsonAnswer(map[string]any{"results": results})
}

// transfer is the wish to be put through, which is that of a person to speak
// to: no number is given away, and somebody calls back.
type transfer struct{ vapiCall }

// Answer implements Question.
func (q transfer) Answer(ctx context.Context, ask Ask) (Answer, error) {
	told, err := q.use(ctx, ask, []journey.ToolCall{{ID: "transfer", Tool: journey.ToolPerson}})
	if err != nil {
		return Answer{}, err
	}
	said, err := wording.Said(told.Answers[0].Say, told.Locale, told.Answers[0].At)
	return q.refuse(said), err
}

// Otherwise implements Question.
func (q transfer) Otherwise() (Answer, *Event) {
	sentence, promise := q.unanswered()
	return q.refuse(sentence), promise
}

// refuse says why there is no transfer, in the field that Vapi has for it.
func (q transfer) refuse(said string) Answer { return jsonAnswer(map[string]any{"error": said}) }

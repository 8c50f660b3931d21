package profile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/sms"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

const (
	channelSMS   = "sms"
	channelEmail = "email"
	// review is how long an entity waits at most before it looks at itself.
	review = 365 * 24 * time.Hour
)

// Result is what a profile returns; it only ends by erasure.
type Result struct{}

type guest struct {
	core  *kit.Core
	input Input
	state *State
	id    string
}

// Workflow returns the GuestProfile under a worker's policy.
func Workflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (Result, error) {
	return kit.Define(policy, func(ctx workflow.Context, input Input) (Result, error) {
		g, ctx := openGuest(ctx, policy, input)
		return g.run(ctx)
	})
}

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	if i.GuestRef == "" {
		return []string{"guestRef: missing"}
	}
	return nil
}

func openGuest(ctx workflow.Context, policy kit.Policy, input Input) (*guest, workflow.Context) {
	if input.State == nil {
		input.State = &State{Since: workflow.Now(ctx).UTC(), Locale: input.Locale, Phone: input.Phone, Email: input.Email}
	}
	g := &guest{input: input, state: input.State, id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	g.input.State = nil
	ctx, g.core = kit.Open(ctx, &g.state.Common, policy, kit.NoPace, g.face)
	g.offer(ctx)
	return g, ctx
}

func (g *guest) face() kit.Face {
	return kit.Face{Stage: "open", Since: g.state.Since, GuestRef: g.input.GuestRef}
}

func (g *guest) offer(ctx workflow.Context) {
	byID := func(fact kit.Fact) string { return fact.ID }
	enqueue := func(fact kit.Fact) { g.state.Inbox = append(g.state.Inbox, fact) }
	kit.OnSignal(ctx, g.core, kit.SignalMessageIn, "A text from the guest.", byID, func(fact kit.Fact) {
		g.heed(ctx, fact)
		enqueue(fact)
	})
	kit.OnSignal(ctx, g.core, SignalChannel, "A provider or a mail's reader closed a channel.", byID, func(fact kit.Fact) {
		g.setChannel(ctx, fact.Data["channel"], fact.Type != "opted_in")
		enqueue(fact)
	})
	kit.OnSignal(ctx, g.core, SignalJourneyClosed, "A journey has closed.", byID, func(fact kit.Fact) {
		g.state.Journeys = slices.DeleteFunc(g.state.Journeys, func(open Open) bool { return open.JourneyID == fact.Object })
		if len(g.state.Clashes) > 0 {
			fact.Type = factClosed
			enqueue(fact)
		}
	})
	kit.OnSignal(ctx, g.core, SignalJourneyDates, "A journey's dates are known, or have changed.", byID, func(fact kit.Fact) {
		if g.setDates(ctx, fact) {
			fact.Type = FactDates
			enqueue(fact)
		}
	})
	kit.OnRequest(ctx, g.core, UpdateLeadAgain, "The directory tells of a new lead; answers the open journey that it belongs to.",
		func(lead LeadAgain) LeadAgainResult { return g.leadAgain(ctx, lead) })
	kit.OnRequest(ctx, g.core, UpdateJourneyOpened, "The directory tells of a new journey; answers the closed channels.",
		func(opened Opened) OpenedResult { return g.opened(ctx, opened) })
	kit.OnRequest(ctx, g.core, UpdateCaller, "The proxy asks who calls: language and newest open journey.",
		func(kit.Empty) Caller { return g.caller() })
	kit.OfferCommands(ctx, g.core, nil, nil)
	kit.OnQuery(ctx, kit.QueryStatus, "Channels and open journeys.", g.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return g.state.Common.Timeline })
}

// Overview answers the profile's query "status".
type Overview struct {
	GuestRef  string        `json:"guestRef"`
	OptedOut  []string      `json:"optedOut"`
	Journeys  []Open        `json:"journeys"`
	Clashes   []Clash       `json:"clashes,omitempty"`
	Attention []string      `json:"attention,omitempty"`
	Commands  []kit.Outcome `json:"commands,omitempty"`
}

func (g *guest) overview() Overview {
	return Overview{
		GuestRef: g.input.GuestRef, OptedOut: g.state.OptedOut, Journeys: g.state.Journeys,
		Clashes: g.state.Clashes, Attention: g.state.Common.Attention, Commands: g.state.Common.Outcomes,
	}
}

func (g *guest) opened(ctx workflow.Context, opened Opened) OpenedResult {
	if opened.Phone != "" {
		g.state.Phone = opened.Phone
	}
	if opened.Email != "" {
		g.state.Email = opened.Email
	}
	if opened.Locale != "" {
		g.state.Locale = opened.Locale
	}
	known := slices.ContainsFunc(g.state.Journeys, func(open Open) bool { return open.JourneyID == opened.JourneyID })
	if !known {
		g.state.Journeys = append(g.state.Journeys, Open{JourneyID: opened.JourneyID, ProgramCode: opened.ProgramCode, Since: workflow.Now(ctx).UTC()})
		g.core.Note(ctx, "fact", "journey opened: "+opened.JourneyID)
	}
	return OpenedResult{OptedOut: append([]string(nil), g.state.OptedOut...)}
}

func (g *guest) caller() Caller {
	caller := Caller{Locale: g.state.Locale}
	if open := len(g.state.Journeys); open > 0 {
		caller.JourneyID = g.state.Journeys[open-1].JourneyID
	}
	return caller
}

// heed closes or opens the channel in the very task in which the text arrived.
func (g *guest) heed(ctx workflow.Context, fact kit.Fact) {
	switch keyword, _ := Read(fact.Data["body"]); keyword {
	case KeywordStop:
		g.setChannel(ctx, channelSMS, true)
	case KeywordStart:
		g.setChannel(ctx, channelSMS, false)
	}
}

func (g *guest) setChannel(ctx workflow.Context, channel string, closed bool) {
	if channel == "" || slices.Contains(g.state.OptedOut, channel) == closed {
		return
	}
	if closed {
		g.state.OptedOut = append(g.state.OptedOut, channel)
	} else {
		g.state.OptedOut = slices.DeleteFunc(g.state.OptedOut, func(c string) bool { return c == channel })
	}
	g.core.Note(ctx, "fact", fmt.Sprintf("channel %s closed: %t", channel, closed))
}

// run acts on what came in, one fact after the other, for as long as the guest
// is known.
func (g *guest) run(ctx workflow.Context) (Result, error) {
	for {
		deadline := kit.Deadline{Name: "review", At: workflow.Now(ctx).Add(review), Class: kit.ClassInternal, Consequence: "the profile looks at itself"}
		deadline = g.core.Deadline(deadline.Name, deadline.At, deadline.Class, deadline.Consequence)
		wake, err := g.core.Until(ctx, deadline, func() bool { return len(g.state.Inbox) > 0 })
		if err == nil && wake == kit.Ready {
			err = g.act(ctx, g.state.Inbox[0])
		}
		switch {
		case errors.Is(err, kit.ErrLeave):
			g.core.Finish(ctx)
			g.input.State = g.state
			return Result{}, kit.ContinueAsNew(ctx, Type, g.input)
		case err != nil:
			return Result{}, err
		case wake == kit.Ready:
			g.state.Inbox = g.state.Inbox[1:]
		}
	}
}

// act passes a fact on: the state of channels to every open journey, a text
// without a keyword to the newest one.
func (g *guest) act(ctx workflow.Context, fact kit.Fact) error {
	switch fact.Type {
	case FactDates, factClosed:
		g.compare(ctx, fact)
		return nil
	case FactLeadAgain:
		g.pass(ctx, fact, fact.Object, SignalProfile, fact)
		return nil
	}
	if fact.Data["channel"] != "" {
		g.spread(ctx, fact, fact.Data["channel"])
		return nil
	}
	keyword, answered := Read(fact.Data["body"])
	switch keyword {
	case KeywordStop, KeywordStart:
		g.spread(ctx, fact, channelSMS)
	case KeywordNone:
		return g.forward(ctx, fact)
	}
	if answered || fact.Data["optOutType"] != "" {
		return nil
	}
	// Who has left the channel hears of it once, however often they ask.
	if keyword == KeywordStop && g.state.StopAnswered {
		return nil
	}
	if err := g.answer(ctx, fact, keyword); err != nil {
		return err
	}
	if keyword != KeywordHelp {
		g.state.StopAnswered = keyword == KeywordStop
	}
	return nil
}

func (g *guest) spread(ctx workflow.Context, fact kit.Fact, channel string) {
	kind := "opted_in"
	if slices.Contains(g.state.OptedOut, channel) {
		kind = "opted_out"
	}
	for _, open := range g.state.Journeys {
		g.pass(ctx, fact, open.JourneyID, SignalProfile, kit.Fact{
			ID: fact.ID + "/" + kind, Provider: Type, Type: kind, OccurredAt: fact.OccurredAt,
			Data: map[string]string{"channel": channel},
		})
	}
}

// forward hands a text, or the promise of a call, to the newest open journey;
// without one an operator is asked.
func (g *guest) forward(ctx workflow.Context, fact kit.Fact) error {
	for i := len(g.state.Journeys) - 1; i >= 0; i-- {
		if g.pass(ctx, fact, g.state.Journeys[i].JourneyID, kit.SignalMessageIn, fact) {
			return nil
		}
	}
	if fact.Type == FactCallBack {
		g.core.Raise(ctx, FactCallBack)
		return nil
	}
	g.core.Note(ctx, "fact", "a text without an open journey")
	g.core.Raise(ctx, "message_without_journey")
	return nil
}

// pass signals once per fact and receiver, and keeps no entry: the fact leaves
// the inbox right after, and its ID stays among the seen.
func (g *guest) pass(ctx workflow.Context, fact kit.Fact, workflowID, signal string, message kit.Fact) bool {
	step := "pass." + fact.ID + "." + signal + "." + workflowID
	defer g.core.Forget(step)
	return kit.Tell(ctx, g.core, step, workflowID, signal, message)
}

var answers = map[Keyword]string{
	KeywordStop: wording.StopConfirmed, KeywordStart: wording.StartConfirmed, KeywordHelp: wording.Help,
}

// answer confirms once, where the provider does not do so by itself.
func (g *guest) answer(ctx workflow.Context, fact kit.Fact, keyword Keyword) error {
	to := g.state.Phone
	if to == "" {
		to = fact.Data["from"]
	}
	step := "answer." + fact.Object
	_, err := kit.Do(ctx, g.core, kit.Step[sms.Message, sms.Receipt]{
		Name: step, Call: sms.Send, Skippable: true,
		Request: sms.Message{To: to, Template: answers[keyword], Locale: g.locale(), WorkflowID: g.id},
	})
	if err == nil {
		g.core.Forget(step)
	}
	return err
}

func (g *guest) locale() string {
	if g.state.Locale == "" {
		return "en"
	}
	return g.state.Locale
}

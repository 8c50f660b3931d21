package kit

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// OnSignal receives a signal for as long as the run lives. identify returns the
// fact's ID; the same ID twice is one fact, and "" is never a repeat. apply
// changes the state and must not block. A signal that cannot be read enters
// the timeline and raises attention: it is never dropped in silence.
func OnSignal[T any](ctx workflow.Context, c *Core, signal, description string, identify func(T) string, apply func(T)) {
	channel := workflow.GetSignalChannelWithOptions(ctx, signal, workflow.SignalChannelOptions{Description: description})
	take := func(raw converter.RawValue) {
		defer c.Nudge()
		value, err := c.readSignal(ctx, raw, func() (any, error) { return Decode[T](raw) })
		if err != nil {
			c.Note(ctx, "fact", fmt.Sprintf("signal %s could not be read: %v", signal, err))
			c.Raise(ctx, "bad_signal:"+signal)
			return
		}
		fact := value.(T)
		if id := identify(fact); id != "" && !c.firstSight(signal, id) {
			return
		}
		apply(fact)
	}
	workflow.GoNamed(ctx, "signal "+signal, func(ctx workflow.Context) {
		for {
			var raw converter.RawValue
			channel.Receive(ctx, &raw)
			take(raw)
		}
	})
	c.drains = append(c.drains, func() {
		var raw converter.RawValue
		for channel.ReceiveAsync(&raw) {
			take(raw)
		}
	})
}

func (c *Core) readSignal(ctx workflow.Context, raw converter.RawValue, decode func() (any, error)) (any, error) {
	if !isSealed(raw) && !plaintextAllowed(ctx, c.policy) {
		return nil, fmt.Errorf("not encrypted")
	}
	return decode()
}

// firstSight records a fact's ID and says whether it is new.
func (c *Core) firstSight(signal, id string) bool {
	mark := shortHash(signal + "\x00" + id)
	for _, known := range c.common.Seen {
		if known == mark {
			return false
		}
	}
	c.common.Seen = keepLast(append(c.common.Seen, mark), maxSeen)
	return true
}

// Verdict is what applying a command came to at once.
type Verdict struct {
	// Pending: effects are under way; Complete gives the outcome later.
	Pending bool
	Detail  string
}

// headed is a command with an envelope.
type headed interface{ Head() Envelope }

// Head returns the envelope; embedding promotes it.
func (e Envelope) Head() Envelope { return e }

// OnUpdate offers an operator command. check sees the state and rejects without
// a trace in history; apply changes the state, given the command's ID, and must
// not block. The answer comes when the loop has acted on it or reached its next
// wait.
func OnUpdate[T headed](ctx workflow.Context, c *Core, update, description string, check func(T) error, apply func(id string, command T) Verdict) {
	read := func(raw converter.RawValue) (T, error) {
		command, err := Decode[T](raw)
		if err != nil {
			return command, rejection(update, err.Error())
		}
		return command, nil
	}
	validate := func(ctx workflow.Context, raw converter.RawValue) error {
		if !isSealed(raw) && !c.policy.AllowPlaintext() {
			return rejection(update, "not encrypted: use the CLI, or give the UI its codec endpoint")
		}
		command, err := read(raw)
		if err != nil {
			return err
		}
		if c.outcome(commandID(ctx, command)) != nil {
			return nil
		}
		if problems := command.Head().problems(); len(problems) > 0 {
			return rejection(update, strings.Join(problems, "; "))
		}
		if err := check(command); err != nil {
			return rejection(update, err.Error())
		}
		return nil
	}
	handle := func(ctx workflow.Context, raw converter.RawValue) (Outcome, error) {
		command, err := read(raw)
		if err != nil {
			return Outcome{}, err
		}
		id := commandID(ctx, command)
		if c.outcome(id) == nil {
			c.accept(ctx, id, update, command.Head(), func() Verdict { return apply(id, command) })
		}
		c.awaitLoop(ctx)
		outcome := *c.outcome(id)
		outcome.State = c.face().Stage
		return outcome, nil
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, update, handle, workflow.UpdateHandlerOptions{Validator: validate, Description: description})
	must(err)
}

// OnRequest offers an update between our own workflows: it answers with a
// value, at once, from the state.
func OnRequest[T, R any](ctx workflow.Context, c *Core, update, description string, apply func(T) R) {
	validate := func(_ workflow.Context, raw converter.RawValue) error {
		if !isSealed(raw) && !c.policy.AllowPlaintext() {
			return rejection(update, "not encrypted")
		}
		if _, err := Decode[T](raw); err != nil {
			return rejection(update, err.Error())
		}
		return nil
	}
	handle := func(_ workflow.Context, raw converter.RawValue) (R, error) {
		request, err := Decode[T](raw)
		if err != nil {
			var none R
			return none, rejection(update, err.Error())
		}
		defer c.Nudge()
		return apply(request), nil
	}
	must(workflow.SetUpdateHandlerWithOptions(ctx, update, handle, workflow.UpdateHandlerOptions{Validator: validate, Description: description}))
}

// OnQuery offers a query that answers from the state.
func OnQuery[R any](ctx workflow.Context, query, description string, answer func() R) {
	handle := func() (R, error) { return answer(), nil }
	must(workflow.SetQueryHandlerWithOptions(ctx, query, handle, workflow.QueryHandlerOptions{Description: description}))
}

// OnQueryWith offers a query with an input; no input at all is its zero value.
// A wrong one is answered with an error that names every field.
func OnQueryWith[I, R any](ctx workflow.Context, query, description string, answer func(I) (R, error)) {
	handle := func(raw converter.RawValue) (R, error) {
		var input I
		if raw.Payload() != nil {
			var err error
			if input, err = Decode[I](raw); err != nil {
				var none R
				return none, rejection(query, err.Error())
			}
		}
		result, err := answer(input)
		if err != nil {
			return result, rejection(query, err.Error())
		}
		return result, nil
	}
	must(workflow.SetQueryHandlerWithOptions(ctx, query, handle, workflow.QueryHandlerOptions{Description: description}))
}

func must(err error) {
	if err != nil {
		panic("a handler could not be set: " + err.Error())
	}
}

func rejection(update, reason string) error {
	return temporal.NewNonRetryableApplicationError(update+": "+reason, "Rejected", nil)
}

func (e Envelope) problems() []string {
	var problems []string
	if e.Actor == "" {
		problems = append(problems, "actor: say who you are")
	}
	if !slices.Contains(knownRoles, e.Role) {
		problems = append(problems, "role: want "+quoted(knownRoles))
	}
	if e.Reason == "" {
		problems = append(problems, "reason: say why; it is kept with the command")
	}
	return problems
}

func commandID(ctx workflow.Context, command headed) string {
	if id := command.Head().CommandID; id != "" {
		return id
	}
	return workflow.GetCurrentUpdateInfo(ctx).ID
}

func (c *Core) accept(ctx workflow.Context, id, update string, head Envelope, apply func() Verdict) {
	now := workflow.Now(ctx).UTC()
	c.common.Outcomes = keepLast(append(c.common.Outcomes, Outcome{
		CommandID: id, Command: update, Status: "pending", At: now, Actor: head.Actor,
	}), maxOutcomes)
	c.addLine(Line{At: now, Kind: "command", Text: update, Actor: head.Actor, Reason: head.Reason})
	verdict := apply()
	outcome := c.outcome(id)
	outcome.Detail = verdict.Detail
	if !verdict.Pending {
		outcome.Status = "done"
	}
	c.Nudge()
}

// awaitLoop yields until the loop has acted on every change so far. The loop
// runs on until it blocks before this condition is looked at again.
func (c *Core) awaitLoop(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	mine := c.nudges
	if err := workflow.Await(ctx, func() bool { return c.noticed >= mine }); err != nil {
		panic("a handler's context was cancelled: " + err.Error())
	}
}

func (c *Core) outcome(id string) *Outcome {
	for i := range c.common.Outcomes {
		if c.common.Outcomes[i].CommandID == id {
			return &c.common.Outcomes[i]
		}
	}
	return nil
}

// Complete gives a pending command its outcome.
func (c *Core) Complete(id, status, detail string) {
	if outcome := c.outcome(id); outcome != nil && outcome.Status == "pending" {
		outcome.Status, outcome.Detail = status, detail
	}
}

package profile

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/directory"
	"guestjourney/workflows/kit"
)

// Kinds of claim.
const (
	KindPhone          = "phone"
	KindEmail          = "email"
	KindHubSpotContact = "hubspot_contact"
	KindHubSpotStarts  = "hubspot_starts"
)

// keep is how long a fact waits for an owner, and an unclaimed address for
// another fact.
const keep = 7 * 24 * time.Hour

// ClaimResult is what a claim returns when nobody needed it for long.
type ClaimResult struct {
	Kind string `json:"kind"`
	// Dropped counts facts that nobody claimed in time.
	Dropped int `json:"dropped"`
}

type claim struct {
	core    *kit.Core
	input   ClaimInput
	state   *ClaimState
	id      string
	dropped int
}

// ClaimWorkflow returns the Claim under a worker's policy.
func ClaimWorkflow(policy kit.Policy) func(workflow.Context, converter.RawValue) (ClaimResult, error) {
	return kit.Define(policy, func(ctx workflow.Context, input ClaimInput) (ClaimResult, error) {
		c, ctx := openClaim(ctx, policy, input)
		return c.run(ctx)
	})
}

// Problems lists what is wrong with an input beyond its types.
func (i ClaimInput) Problems() []string {
	switch i.Kind {
	case KindPhone, KindEmail, KindHubSpotStarts:
		return nil
	case KindHubSpotContact:
		if i.ObjectID == "" || i.Portal == "" {
			return []string{"objectId and portal: needed for a contact"}
		}
		return nil
	}
	return []string{fmt.Sprintf("kind: want %q, %q, %q or %q", KindPhone, KindEmail, KindHubSpotContact, KindHubSpotStarts)}
}

func openClaim(ctx workflow.Context, policy kit.Policy, input ClaimInput) (*claim, workflow.Context) {
	if input.State == nil {
		input.State = &ClaimState{Since: workflow.Now(ctx).UTC()}
	}
	c := &claim{input: input, state: input.State, id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	c.input.State = nil
	ctx, c.core = kit.Open(ctx, &c.state.Common, policy, kit.NoPace, c.face)
	c.offer(ctx)
	return c, ctx
}

func (c *claim) face() kit.Face {
	stage := "unclaimed"
	if c.state.GuestRef != "" {
		stage = "claimed"
	}
	if len(c.state.Queue) > 0 {
		stage = "queueing"
	}
	return kit.Face{Stage: stage, Since: c.state.Since, GuestRef: c.state.GuestRef}
}

func (c *claim) offer(ctx workflow.Context) {
	wait := func(fact kit.Fact) {
		c.state.Waiting = append(c.state.Waiting, held{Fact: fact, Drop: workflow.Now(ctx).UTC().Add(keep)})
	}
	byID := func(fact kit.Fact) string { return fact.ID }
	kit.OnSignal(ctx, c.core, kit.SignalMessageIn, "A text from this number.", byID, wait)
	kit.OnSignal(ctx, c.core, kit.SignalCall, "A telephone call from this number; what it asks for comes as updates.", byID, func(fact kit.Fact) {
		c.core.Note(ctx, "fact", fact.Provider+" "+fact.Type)
		if fact.Type == FactCallBack {
			wait(fact)
		}
	})
	kit.OnSignal(ctx, c.core, kit.SignalContact, "The CRM tells of this contact.", byID, wait)
	kit.OnSignal(ctx, c.core, SignalEnqueue, "A lead of the CRM waits for its turn.",
		func(request directory.StartRequest) string { return request.ContactID },
		func(request directory.StartRequest) {
			c.state.PerHour = request.PerHour
			c.state.Queue = append(c.state.Queue, request)
		})
	kit.OnRequest(ctx, c.core, UpdateBind, "A guest claims this address; the first one keeps it.", func(bind Bind) BindResult {
		if c.state.GuestRef == "" {
			c.state.GuestRef = bind.GuestRef
			c.core.Note(ctx, "fact", "bound to guest/"+bind.GuestRef)
		}
		return BindResult{GuestRef: c.state.GuestRef}
	})
	kit.OnRequest(ctx, c.core, UpdateOwner, "The proxy asks whose number calls.",
		func(kit.Empty) Owner { return Owner{GuestRef: c.state.GuestRef} })
	kit.OfferCommands(ctx, c.core, nil, nil)
	kit.OnQuery(ctx, kit.QueryStatus, "Who owns the address, and what waits.", c.overview)
	kit.OnQuery(ctx, kit.QueryTimeline, "What happened.", func() []kit.Line { return c.state.Common.Timeline })
}

// ClaimOverview answers the claim's query "status".
type ClaimOverview struct {
	Kind     string `json:"kind"`
	GuestRef string `json:"guestRef,omitempty"`
	Waiting  int    `json:"waiting"`
	// CallBack are the numbers that wait for a call and belong to no guest.
	CallBack  []string  `json:"callBack,omitempty"`
	Queue     int       `json:"queue"`
	Started   int       `json:"started"`
	Attention []string  `json:"attention,omitempty"`
	Since     time.Time `json:"since"`
}

func (c *claim) overview() ClaimOverview {
	var callBack []string
	for _, waiting := range c.state.Waiting {
		if waiting.Fact.Type == FactCallBack {
			callBack = append(callBack, waiting.Fact.Data["from"])
		}
	}
	return ClaimOverview{
		Kind: c.input.Kind, GuestRef: c.state.GuestRef, Waiting: len(c.state.Waiting), CallBack: callBack, Queue: len(c.state.Queue),
		Started: c.state.Count, Attention: c.state.Common.Attention, Since: c.state.Since,
	}
}

func (c *claim) run(ctx workflow.Context) (ClaimResult, error) {
	for {
		over, err := c.turn(ctx)
		switch {
		case errors.Is(err, kit.ErrLeave):
			c.core.Finish(ctx)
			c.input.State = c.state
			return ClaimResult{}, kit.ContinueAsNew(ctx, ClaimType, c.input)
		case err != nil:
			return ClaimResult{}, err
		case over && !c.core.Finish(ctx):
			return ClaimResult{Kind: c.input.Kind, Dropped: c.dropped}, nil
		}
	}
}

// turn does what can be done now, or waits. It reports when the claim is over.
func (c *claim) turn(ctx workflow.Context) (bool, error) {
	switch c.input.Kind {
	case KindHubSpotStarts:
		return c.startsTurn(ctx)
	case KindHubSpotContact:
		return c.contactTurn(ctx)
	default:
		return c.addressTurn(ctx)
	}
}

// addressTurn forwards to the owner, or waits for one.
func (c *claim) addressTurn(ctx workflow.Context) (bool, error) {
	if c.state.GuestRef != "" && len(c.state.Waiting) > 0 {
		return false, c.deliver(ctx)
	}
	if len(c.state.Waiting) > 0 {
		c.core.Raise(ctx, "unclaimed_message")
	}
	c.core.Drop("keep")
	wake, err := c.core.Until(ctx, c.patience(ctx), c.somethingToDo(c.state.GuestRef, len(c.state.Waiting)))
	if err != nil || wake == kit.Ready {
		return false, err
	}
	c.dropOld(ctx)
	return c.state.GuestRef == "" && len(c.state.Waiting) == 0, nil
}

func (c *claim) somethingToDo(owner string, waiting int) func() bool {
	return func() bool { return c.state.GuestRef != owner || len(c.state.Waiting) != waiting }
}

// patience is how long to wait: to the first fact's end, or for another fact.
func (c *claim) patience(ctx workflow.Context) kit.Deadline {
	at, consequence := workflow.Now(ctx).Add(review), "the claim looks at itself"
	if c.state.GuestRef == "" {
		at, consequence = workflow.Now(ctx).Add(keep), "the unclaimed address is forgotten"
	}
	if len(c.state.Waiting) > 0 {
		at, consequence = c.state.Waiting[0].Drop, "a fact that nobody claimed is dropped"
	}
	return c.core.Deadline("keep", at, kit.ClassInternal, consequence)
}

func (c *claim) dropOld(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for len(c.state.Waiting) > 0 && !c.state.Waiting[0].Drop.After(now) {
		c.core.Note(ctx, "fact", "dropped unclaimed: "+c.state.Waiting[0].Fact.ID)
		c.state.Waiting = c.state.Waiting[1:]
		c.dropped++
	}
}

// deliver hands the first waiting fact to the owner's profile. A profile that
// is about to be opened is waited for.
func (c *claim) deliver(ctx workflow.Context) error {
	fact := c.state.Waiting[0].Fact
	step := "deliver." + fact.ID
	delivered := kit.Tell(ctx, c.core, step, "guest/"+c.state.GuestRef, kit.SignalMessageIn, fact)
	c.core.Forget(step)
	if delivered {
		c.state.Waiting = c.state.Waiting[1:]
		c.core.Settle("unclaimed_message")
		return nil
	}
	c.core.Raise(ctx, "profile_missing")
	soon := c.core.Deadline("deliver again", workflow.Now(ctx).Add(5*time.Second), kit.ClassInternal, "the profile is tried again")
	_, err := c.core.Until(ctx, soon, func() bool { return false })
	c.core.Settle("profile_missing")
	return err
}

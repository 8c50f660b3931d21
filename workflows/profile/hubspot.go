package profile

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/directory"
	"guestjourney/workflows/kit"
)

// settle is how long a contact's claim stays after its event, so that a second
// event of the same contact finds it.
const settle = 24 * time.Hour

// contactTurn reads the contact that an event told of, and hands it on if the
// rules say that such a contact starts a journey.
func (c *claim) contactTurn(ctx workflow.Context) (bool, error) {
	if len(c.state.Waiting) == 0 {
		deadline := c.core.Deadline("settled", workflow.Now(ctx).Add(settle), kit.ClassInternal, "the contact's claim ends")
		wake, err := c.core.Until(ctx, deadline, func() bool { return len(c.state.Waiting) > 0 })
		return wake == kit.Expired, err
	}
	record, err := kit.Ask(ctx, c.core, "contact", crm.Ref{ID: c.input.ObjectID}, crm.ReadContact)
	if err != nil {
		return false, err
	}
	if why := c.refusal(record); why != "" {
		c.core.Note(ctx, "fact", "starts no journey: "+why)
		c.state.Waiting = c.state.Waiting[1:]
		return false, nil
	}
	queued, err := kit.Do(ctx, c.core, kit.Step[directory.StartRequest, directory.Enqueued]{
		Name: "start", Call: directory.EnqueueStart, Request: c.startRequest(record),
	})
	if err != nil {
		return false, err
	}
	if queued.AttachedTo != "" {
		c.core.Note(ctx, "fact", "starts no journey: told to "+queued.AttachedTo)
	} else {
		c.core.Note(ctx, "fact", "waits for its turn to start a journey")
	}
	c.state.Waiting = c.state.Waiting[1:]
	return false, nil
}

// refusal says why a contact starts no journey; empty means that it does.
func (c *claim) refusal(record crm.Record) string {
	rules := c.input.Starts
	switch {
	case record.JourneyRef != "":
		return "this system wrote the contact"
	case c.core.StepStatusOf("start") != kit.StepNew:
		return "it has its turn already"
	case rules == nil:
		return "no form or lead source is configured"
	case record.Email == "" && record.Phone == "":
		return "it has no address"
	case slices.Contains(rules.Forms, record.Form) && record.Form != "",
		slices.Contains(rules.Sources, record.Source) && record.Source != "":
		return ""
	}
	return "neither its form nor its lead source is configured"
}

func (c *claim) startRequest(record crm.Record) directory.StartRequest {
	program := record.Program
	if program == "" {
		program = c.input.Starts.Program
	}
	return directory.StartRequest{
		StartsClaim: "claim/hubspot/" + c.input.Portal + "/starts",
		ContactID:   c.id,
		JourneyID:   "journey/hubspot-" + c.input.Portal + "-" + c.input.ObjectID,
		Program:     program,
		PerHour:     c.input.Starts.PerHour,
		Lead: directory.Lead{
			Email: record.Email, Phone: record.Phone, FirstName: record.FirstName, LastName: record.LastName,
			Locale: record.Locale, Source: strings.TrimSpace(record.Source),
		},
	}
}

// startsTurn starts the first lead of the queue when the hour has room for it;
// the rest waits in order.
func (c *claim) startsTurn(ctx workflow.Context) (bool, error) {
	now := workflow.Now(ctx)
	c.state.Started = slices.DeleteFunc(c.state.Started, func(at time.Time) bool { return !at.After(now.Add(-time.Hour)) })
	switch {
	case len(c.state.Queue) == 0:
		c.core.Settle("starts_waiting")
		deadline := c.core.Deadline("review", now.Add(review), kit.ClassInternal, "the claim looks at itself")
		_, err := c.core.Until(ctx, deadline, func() bool { return len(c.state.Queue) > 0 })
		return false, err
	case len(c.state.Started) >= c.state.PerHour:
		c.core.Raise(ctx, "starts_waiting")
		c.core.Drop("next start")
		at := now.Add(time.Hour)
		if len(c.state.Started) > 0 {
			at = c.state.Started[0].Add(time.Hour)
		}
		deadline := c.core.Deadline("next start", at, kit.ClassInternal, "the next lead starts")
		room := c.state.PerHour
		_, err := c.core.Until(ctx, deadline, func() bool { return c.state.PerHour > room })
		return false, err
	}
	c.startFirst(ctx)
	return false, nil
}

func (c *claim) startFirst(ctx workflow.Context) {
	request := c.state.Queue[0]
	step := "journey." + request.JourneyID
	kit.Child(ctx, c.core, step, directory.JourneyType, request.JourneyID, directory.JourneyStart{Lead: request.Lead, Program: request.Program})
	c.core.Forget(step)
	c.state.Queue = c.state.Queue[1:]
	c.state.Started = append(c.state.Started, workflow.Now(ctx).UTC())
	c.state.Count++
}

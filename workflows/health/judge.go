package health

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
)

// threshold is how many failures in a row make a provider down: fewer where
// every minute costs a guest something. A capability is not named before it
// has a queue.
func threshold(capability string) int {
	switch capability {
	case "video":
		return 2
	case options.QueuePayments, options.QueueSMS:
		return 3
	}
	return 5
}

// take brings a report into the state, unless a younger one of its kind is there
// already: checks may overtake each other on their way here.
func (i *integrations) take(ctx workflow.Context, report Report) {
	last := &i.state.ReportedAt
	if report.Check == CheckFunction {
		last = &i.state.Functions.ReportedAt
	}
	if !report.At.After(*last) {
		return
	}
	*last = report.At.UTC()
	if report.Check == CheckFunction {
		i.state.Functions.Skipped = report.Skipped
	} else {
		i.core.Settle(AttentionSilent)
	}
	for _, finding := range report.Findings {
		i.judge(ctx, i.provider(finding.Capability, report.Check), finding, *last)
	}
	if worst := i.worst(); worst != i.state.Stage {
		i.state.Stage, i.state.Since = worst, *last
	}
}

// provider returns what a check has shown of a capability's provider.
func (i *integrations) provider(capability, check string) *Provider {
	known := func(p Provider) bool { return p.Capability == capability && p.Check == check }
	at := slices.IndexFunc(i.state.Providers, known)
	if at < 0 {
		i.state.Providers = append(i.state.Providers, Provider{Capability: capability, Check: check})
		at = len(i.state.Providers) - 1
	}
	return &i.state.Providers[at]
}

// vendor is who serves a capability, as the one that was pinged has said.
func (i *integrations) vendor(capability string) string {
	for _, p := range i.state.Providers {
		if p.Capability == capability && p.Check == CheckPing {
			return p.Provider
		}
	}
	return ""
}

func (i *integrations) judge(ctx workflow.Context, p *Provider, finding Finding, now time.Time) {
	if finding.Provider == "" && p.Check == CheckFunction {
		finding.Provider = i.vendor(p.Capability)
	}
	if finding.Provider != "" {
		p.Provider = finding.Provider
	}
	state := StateUp
	if finding.Failed {
		p.Failures++
		p.LastFailure = &Failure{At: now, Class: finding.Class, Code: finding.Code}
		state = StateFailing
		if p.Failures >= threshold(p.Capability) {
			state = StateDown
		}
	} else {
		p.Failures, p.LastSuccess = 0, now
	}
	if state != p.State {
		was := p.Since
		i.alert(ctx, p, i.change(p, state, now, finding), was)
	}
}

func (i *integrations) change(p *Provider, state string, now time.Time, finding Finding) Change {
	change := Change{
		At: now, Capability: p.Capability, Check: p.Check, Provider: p.Provider, From: p.State, To: state, Class: finding.Class, Code: finding.Code,
	}
	changes := append(i.state.Changes, change)
	i.state.Changes = slices.Clone(changes[max(0, len(changes)-maxChanges):])
	p.State, p.Since = state, now
	return change
}

// alert asks for attention when a provider goes down, and takes that back when
// it is up; staff are told of both. The reason is kept, because the vendor may
// be another one by then. was is since when the state before had lasted.
func (i *integrations) alert(ctx workflow.Context, p *Provider, change Change, was time.Time) {
	switch {
	case p.State == StateDown:
		p.Alert = AttentionDown + p.Name()
		i.core.Raise(ctx, p.Alert)
		i.announce(ctx, p, change, was)
	case p.State == StateUp && p.Alert != "":
		i.core.Settle(p.Alert)
		i.core.Note(ctx, "fact", p.Name()+" is up again")
		p.Alert = ""
		i.announce(ctx, p, change, was)
	}
}

// worst is the state of the provider that fares worst.
func (i *integrations) worst() string {
	for _, state := range []string{StateDown, StateFailing} {
		if slices.ContainsFunc(i.state.Providers, func(p Provider) bool { return p.State == state }) {
			return state
		}
	}
	return StateUp
}

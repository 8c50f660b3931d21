package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"guestjourney/starter/follow"
	"guestjourney/workflows/kit"
)

// Bounds of a picture where no terminal gives any.
const (
	maxWidth  = 200
	maxHeight = 100
)

// How many lines of each kind a picture shows.
const (
	shownDeadlines = 3
	shownCalls     = 8
	shownEvents    = 6
)

// picture is what a watcher sees of one workflow.
type picture struct {
	id         string
	standing   follow.Standing
	unanswered bool
	calls      []follow.Change
	events     []follow.Change // stages, commands, facts, deadlines
	closed     string
	left       bool // nobody watches any more
}

func (p *picture) take(look follow.Look) {
	p.standing, p.unanswered = look.Standing, look.Unanswered
	for _, change := range look.Changes {
		switch change.Kind {
		case follow.KindCall:
			p.takeCall(change)
		case follow.KindClosed:
			p.closed = change.Text
		case follow.KindWaits, follow.KindMoney, follow.KindAttention, follow.KindSettled, follow.KindControl, follow.KindNotice:
			// They have lines of their own.
		default:
			p.events = lastOf(append(p.events, change), shownEvents)
		}
	}
}

// takeCall puts the end of a call in the place of its beginning.
func (p *picture) takeCall(change follow.Change) {
	at := slices.IndexFunc(p.calls, func(c follow.Change) bool {
		return c.Workflow == change.Workflow && c.Call.Event == change.Call.Event && c.Call.At.Equal(change.Call.At)
	})
	if at >= 0 {
		p.calls[at] = change
	} else {
		p.calls = append(p.calls, change)
	}
	slices.SortStableFunc(p.calls, func(a, b follow.Change) int { return a.Call.At.Compare(b.Call.At) })
	p.calls = lastOf(p.calls, shownCalls)
}

func lastOf[T any](list []T, most int) []T { return list[max(len(list)-most, 0):] }

// lines is the picture at an instant, cut to a width and a height.
func (p *picture) lines(now time.Time, width, height int) []string {
	list := []string{p.title(now)}
	row := func(label, text string) {
		if text != "" {
			list = append(list, fmt.Sprintf("%-10s %s", label, text))
		}
	}
	row("waits for", cmp.Or(p.standing.Wait(), p.standing.WaitsFor))
	for i, deadline := range firstOf(p.standing.Deadlines, shownDeadlines) {
		row(labelOnce("next", i), deadlineText(deadline, now))
	}
	row("money", p.standing.MoneyLine())
	row("attention", strings.Join(p.standing.Attention, ", "))
	for i, call := range p.calls {
		row(labelOnce("calls", i), p.eventText(call, now))
	}
	for i, event := range p.events {
		row(labelOnce("happened", i), p.eventText(event, now))
	}
	if p.unanswered {
		row("notice", "no worker answers: where it stands may be old; is a worker running?")
	}
	row("", p.footer())
	for i, line := range list {
		list[i] = cut(line, width)
	}
	return firstOf(list, height)
}

func (p *picture) title(now time.Time) string {
	if p.standing.Stage == "" {
		return p.id + "  asking where it stands"
	}
	text := p.id + "  " + p.standing.Stage
	if !p.standing.Since.IsZero() {
		text += fmt.Sprintf(" for %s, since %s", span(now.Sub(p.standing.Since)), moment(p.standing.Since, now))
	}
	if p.standing.Control != kit.ControlRunning {
		text += "  [" + p.standing.Control + "]"
	}
	return text
}

func (p *picture) footer() string {
	switch {
	case p.closed != "":
		return "closed: " + p.closed
	case p.left:
		return "no longer watched; it goes on"
	}
	return "Ctrl-C ends the watching, not the journey"
}

func (p *picture) eventText(change follow.Change, now time.Time) string {
	text := change.Text
	if change.Kind != follow.KindCall {
		text = change.Kind + ": " + text
	}
	if change.Actor != "" {
		text += " by " + change.Actor
	}
	if change.Workflow != p.id {
		text += "  (" + part(change.Workflow) + ")"
	}
	return moment(change.At, now) + "  " + text
}

func deadlineText(deadline kit.Deadline, now time.Time) string {
	return fmt.Sprintf("%s %s, at %s: %s", deadline.Name, countdown(deadline.At.Sub(now)), moment(deadline.At, now), deadline.Consequence)
}

func labelOnce(label string, i int) string {
	if i > 0 {
		return ""
	}
	return label
}

func firstOf[T any](list []T, most int) []T { return list[:min(len(list), max(most, 0))] }

func cut(line string, width int) string {
	runes := []rune(line)
	if len(runes) <= width {
		return line
	}
	return string(runes[:max(width-1, 0)]) + "…"
}

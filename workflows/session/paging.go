package session

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
)

// pageRung pages everybody of the rung that the call stands at, each beside the
// others and beside the loop.
func (m *monitor) pageRung(ctx workflow.Context, a *Alarm, notice Notice) {
	call, rung := a.Call.ID, a.Call.Rung
	var paged int
	for _, contact := range m.state.Ladder[min(rung, len(m.state.Ladder))-1].Contacts {
		// The failsafe recipient is paged whatever they have said.
		if slices.Contains(a.Call.Declined, contact.Person) && !a.Call.Through {
			continue
		}
		paged++
		m.underWay++
		workflow.GoNamed(ctx, fmt.Sprintf("page about %d", notice.Number), func(ctx workflow.Context) {
			m.reach(ctx, a, notice, contact, call, rung)
			m.underWay--
			m.core.Nudge()
		})
	}
	if paged == 0 {
		m.push(ctx, a, call, rung)
	}
}

// reach tries a person by one channel after the other. Whatever fails makes the
// ladder climb at once, and the next channel is tried all the same: two pages are
// allowed, none is not.
func (m *monitor) reach(ctx workflow.Context, a *Alarm, notice Notice, contact paging.Contact, call, rung int) {
	for _, channel := range contact.Channels {
		if !a.waits() {
			return
		}
		page := m.newPage(ctx, notice, contact.Person, channel, rung)
		m.send(ctx, a, notice, page)
		if page.Outcome == Handed || page.Outcome == Recalled {
			return
		}
		m.push(ctx, a, call, rung)
	}
	m.push(ctx, a, call, rung) // who has no channel at all is not reached either
}

func (m *monitor) newPage(ctx workflow.Context, notice Notice, person string, channel paging.Channel, rung int) *Page {
	m.state.Paged++
	page := &Page{
		Number: m.state.Paged, About: notice.Number, Rung: rung, Person: person, Channel: channel, At: workflow.Now(ctx).UTC(),
	}
	m.state.Pages = append(m.state.Pages, page)
	if len(m.state.Pages) > maxPages {
		m.state.Pages = slices.Clone(m.state.Pages[1:])
	}
	return page
}

// send makes one page. One that has not gone out when the alarm waits no more is
// recalled.
func (m *monitor) send(ctx workflow.Context, a *Alarm, notice Notice, page *Page) {
	info := workflow.GetInfo(ctx).WorkflowExecution
	effect := options.Effect{
		Key: m.core.EffectKey(fmt.Sprintf("page-%d", page.Number), 0), FirstTry: !m.state.Common.WasReset,
		Since: page.At, Run: info.RunID,
	}
	ctx, recall := workflow.WithCancel(ctx)
	defer recall()
	result := paging.Send(ctx, effect, paging.Page{
		Session: info.ID, Room: m.input.Room, Priority: notice.level(), Code: a.Code,
		Key: notice.key(), Transition: notice.Number, Person: page.Person, Channel: page.Channel,
	})
	defer func() {
		m.log(ctx, Entry{Kind: EntryPage, Number: page.About, Person: page.Person, Channel: string(page.Channel), Outcome: page.Outcome, Detail: page.Reason})
	}()
	await(ctx, func() bool { return result.Future.IsReady() || !a.waits() })
	if !result.Future.IsReady() {
		page.Outcome = Recalled
		return
	}
	receipt, err := result.Get(ctx)
	switch {
	case err != nil:
		page.Outcome, page.Reason = Failed, string(failure.ClassOf(err))
	case receipt.Undeliverable:
		page.Outcome, page.Reason = Undeliverable, receipt.Reason
	default:
		page.Outcome, page.HandedAt = Handed, receipt.HandedAt
	}
	m.core.Note(ctx, "step", fmt.Sprintf("page %d about transition %d, rung %d, by %s: %s", page.Number, page.About, page.Rung, page.Channel, page.Outcome))
}

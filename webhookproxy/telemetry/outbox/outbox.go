// Package outbox is what stands in a row of the outbox: how the detector's transition
// is written there, for which of them people are paged, and what SessionMonitor and a
// page are told of it.
//
// Called by the owner of a session, which writes rows, and by what reads them: the
// relay, the fallback page, the live view and the record. It owns the page keys and
// the one translation between the words of the detector, the workflow and a page. It
// promises that a transition has a page key exactly if SessionMonitor calls people
// for it, and that no key holds personal data.
package outbox

import (
	"encoding/json"
	"fmt"
	"strings"

	"guestjourney/internal/paging"
	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

// Row is a transition as it is stored.
func Row(name string, t detector.Transition) (store.Transition, error) {
	payload, err := json.Marshal(t)
	if err != nil {
		return store.Transition{}, fmt.Errorf("write transition %d of session %q: %w", t.Number, name, err)
	}
	return store.Transition{Number: t.Number, Payload: payload, PageKey: pageKey(name, t)}, nil
}

// Read returns the transition of a row.
func Read(row store.Entry) (detector.Transition, error) {
	if row.Unreadable != nil {
		return detector.Transition{}, row.Unreadable
	}
	var t detector.Transition
	if err := json.Unmarshal(row.Payload, &t); err != nil {
		return t, fmt.Errorf("transition %d of session %q is none of this version: %w", row.Number, row.Session, err)
	}
	return t, nil
}

// unassigned stands in keys for the session that has no name.
const unassigned = "unassigned"

// calls says whether people are called for a transition. They are when an alarm above
// low begins, begins anew or becomes worse; not when it eases or ends.
func calls(t detector.Transition) bool {
	rises := t.Change == detector.Raised || t.Change == detector.ReRaised || t.Change == detector.Escalated
	return rises && t.Priority >= detector.Warning
}

// pageKey names every page about a transition, whoever makes it; empty if people are
// not called for it.
func pageKey(name string, t detector.Transition) string {
	if !calls(t) {
		return ""
	}
	if name == store.Unassigned {
		name = unassigned
	}
	return fmt.Sprintf("%s/%d", strings.TrimPrefix(name, session.IDPrefix), t.Number)
}

// Recalls says whether a later transition takes back what people would be called for:
// a warning that is over. A critical alarm is called for however soon it ends.
func Recalls(later, of detector.Transition) bool {
	return of.Priority < detector.Critical && later.Alarm == of.Alarm && later.Number > of.Number && later.Change == detector.Cleared
}

// Supersedes says whether after a later transition people are not called again for an
// earlier one: its alarm is over, or so low that SessionMonitor would not, or they are
// called for the later one. One that has eased to a warning still calls, as there.
func Supersedes(later, of detector.Transition) bool {
	return later.Alarm == of.Alarm && later.Number > of.Number &&
		(later.Change == detector.Cleared || later.Priority < detector.Warning || calls(later))
}

// Signal is what SessionMonitor is told of a row.
func Signal(row store.Entry) (session.Transition, error) {
	t, err := Read(row)
	if err != nil {
		return session.Transition{}, err
	}
	return session.Transition{
		Number: int(t.Number), Alarm: t.Alarm, Code: code(t), Origin: string(t.Origin), Change: session.Change(t.Change),
		Priority: session.Priority(t.Priority.String()), Episode: t.Episode, At: t.At.UTC(), PageKey: row.PageKey,
	}, nil
}

// Page is what people are told of a row past SessionMonitor. A row that cannot be
// read is a page all the same: somebody must look.
func Page(row store.Entry, room string) paging.Page {
	page := paging.Page{Room: room, Priority: paging.High, Key: row.PageKey, Fallback: true}
	t, err := Read(row)
	if err != nil {
		return page
	}
	page.Code = code(t)
	if t.Priority < detector.Critical {
		page.Priority = paging.Medium
	}
	return page
}

// PageAgain is what people are told when they are paged once more past SessionMonitor;
// again counts from 1. It has a reference of its own, so that nobody takes it for the
// first page, come late, or for a call of SessionMonitor's.
func PageAgain(row store.Entry, room string, again int) paging.Page {
	page := Page(row, room)
	page.Key = fmt.Sprintf("%s/fallback/%d", row.PageKey, again)
	return page
}

// code is the alarm's code as a page says it: "HR-LOW". Codes of a monitor have more
// characters than a page takes.
func code(t detector.Transition) string {
	return strings.ToUpper(strings.NewReplacer("heart-rate", "hr", "_", "-").Replace(t.Code))
}

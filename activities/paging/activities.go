package paging

import (
	"cmp"
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "paging."

// Activities are the registered activities of the port.
type Activities struct {
	Rota Rota
	// Pagers serve the channels; one that is missing makes its pages
	// undeliverable.
	Pagers map[Channel]Pager
	Outbox Outbox
}

// confirmWait bounds how long a page that was made waits until that is written
// down.
const confirmWait = 2 * time.Second

// Page is the activity behind Send.
func (a *Activities) Page(ctx context.Context, command options.Command[Page]) (Receipt, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.page)
}

func (a *Activities) page(ctx context.Context, effect options.Effect, page Page) (Receipt, error) {
	address, known := a.Rota.Route(page.Person, page.Channel)
	if !known {
		return Receipt{Undeliverable: true, Reason: NoRoute}, nil
	}
	pager, served := a.Pagers[page.Channel]
	if !served {
		return Receipt{Undeliverable: true, Reason: NoChannel}, nil
	}
	receipt, err := pager.Page(ctx, effect, Notice{
		Session: page.Session, Room: page.Room, Priority: page.Priority, Code: page.Code,
		Key: cmp.Or(page.Key, effect.Key), To: address, Channel: page.Channel,
	})
	if err == nil && !receipt.Undeliverable && page.Transition > 0 {
		a.confirm(ctx, page, receipt)
	}
	return receipt, err
}

// confirm writes down that the page was made. If it cannot, the page was made all
// the same, and there may be a second one: an error here would make a third.
func (a *Activities) confirm(ctx context.Context, page Page, receipt Receipt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmWait)
	defer cancel()
	if err := a.Outbox.Handed(ctx, page.Session, page.Transition, receipt.HandedAt); err != nil {
		activity.GetLogger(ctx).Warn("a page was made, and whoever found the alarm may page once more", "session", page.Session, "transition", page.Transition, "error", err.Error())
	}
}

// Ladder is the activity behind ReadLadder.
func (a *Activities) Ladder(_ context.Context, request LadderRequest) (Ladder, error) {
	return a.Rota.Ladder(request.At), nil
}

// Send schedules one page.
func Send(ctx workflow.Context, effect options.Effect, page Page) options.Result[Receipt] {
	return options.Mutate[Page, Receipt](ctx, options.Page, options.QueueSessions, Prefix+"Page", "page by "+string(page.Channel), effect, page)
}

// ReadLadder schedules the question whom to page.
func ReadLadder(ctx workflow.Context, request LadderRequest) options.Result[Ladder] {
	return options.Read[LadderRequest, Ladder](ctx, options.Page, options.QueueSessions, Prefix+"Ladder", "whom to page", request)
}

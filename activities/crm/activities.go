package crm

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
)

// Prefix of the registered activity names.
const Prefix = "crm."

// Activities are the registered activities of the port.
type Activities struct{ Book Book }

// UpsertContact is the activity behind the helper of the same name.
func (a *Activities) UpsertContact(ctx context.Context, command options.Command[Contact]) (Ref, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Book.UpsertContact)
}

// UpsertDeal is the activity behind the helper of the same name.
func (a *Activities) UpsertDeal(ctx context.Context, command options.Command[Deal]) (Ref, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Book.UpsertDeal)
}

// AddNote is the activity behind the helper of the same name.
func (a *Activities) AddNote(ctx context.Context, command options.Command[Note]) (Ref, error) {
	return options.Perform(ctx, command, failure.ToTemporal, a.Book.AddNote)
}

// ReadContact is the activity behind the helper of the same name.
func (a *Activities) ReadContact(ctx context.Context, ref Ref) (Record, error) {
	record, err := a.Book.ReadContact(ctx, ref)
	return record, failure.ToTemporal(err)
}

// UpsertContact schedules the writing of the contact.
func UpsertContact(ctx workflow.Context, effect options.Effect, request Contact) options.Result[Ref] {
	return options.Mutate[Contact, Ref](ctx, options.Outside, options.QueueCRM, Prefix+"UpsertContact", "CRM contact", effect, request)
}

// UpsertDeal schedules the writing of the deal.
func UpsertDeal(ctx workflow.Context, effect options.Effect, request Deal) options.Result[Ref] {
	return options.Mutate[Deal, Ref](ctx, options.Outside, options.QueueCRM, Prefix+"UpsertDeal", "CRM deal: "+string(request.Stage), effect, request)
}

// AddNote schedules a note.
func AddNote(ctx workflow.Context, effect options.Effect, request Note) options.Result[Ref] {
	return options.Mutate[Note, Ref](ctx, options.Outside, options.QueueCRM, Prefix+"AddNote", "CRM note", effect, request)
}

// ReadContact schedules the reading of a contact.
func ReadContact(ctx workflow.Context, ref Ref) options.Result[Record] {
	return options.Read[Ref, Record](ctx, options.Outside, options.QueueCRM, Prefix+"ReadContact", "read CRM contact", ref)
}

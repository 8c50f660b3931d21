package journey

import (
	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/directory"
	"guestjourney/activities/programs"
	"guestjourney/activities/wording"
	"guestjourney/workflows/kit"
)

// captured: who is it, and do we know them? The CRM hears, the guest is
// welcomed.
func (j *journey) captured(ctx workflow.Context) (string, error) {
	if j.state.Program.Hash == "" {
		snapshot, err := kit.Require(ctx, j.core, "program", j.input.Program, programs.Load)
		if err != nil {
			return "", err
		}
		j.state.Program = snapshot
		j.core.SetPace(snapshot.Program.Pace)
		ctx = j.core.Paced(ctx)
	}
	j.core.Deadline("captured", j.state.Since.Add(j.program().Deadlines.Captured.Value()), kit.ClassAttention, "attention, if a step still fails")
	if err := j.identify(ctx); err != nil {
		return "", err
	}
	if err := j.introduce(ctx); err != nil {
		return "", err
	}
	link := map[string]string{"path": "/intake/" + j.short()}
	if err := j.say(ctx, "welcome", wording.Welcome, link, j.state.Since.Add(j.program().Deadlines.Conversing.Value())); err != nil {
		return "", err
	}
	return j.next(StageCaptured), nil
}

// identify claims the addresses. The first guest to claim one keeps it.
func (j *journey) identify(ctx workflow.Context) error {
	lead := j.input.Lead
	claimed, err := kit.Do(ctx, j.core, kit.Step[directory.ClaimRequest, directory.Claimed]{
		Name: "claim", Call: directory.ClaimAddresses,
		Request: directory.ClaimRequest{
			JourneyID: j.id, GuestRef: j.short(), Phone: lead.Phone, Email: lead.Email, Region: lead.Region,
			ProgramCode: j.input.Program, Locale: j.locale(),
		},
	})
	if err != nil {
		return err
	}
	if j.state.Email == "" && j.state.Phone == "" {
		j.state.GuestRef, j.state.Phone, j.state.Email = claimed.GuestRef, claimed.Phone, claimed.Email
		j.state.OptedOut = append(j.state.OptedOut, claimed.OptedOut...)
	}
	if claimed.Conflict {
		j.core.Raise(ctx, "address_conflict")
	}
	return nil
}

// introduce writes the contact and opens the deal.
func (j *journey) introduce(ctx workflow.Context) error {
	lead := j.input.Lead
	points, classification := score(lead)
	contact, err := kit.Do(ctx, j.core, kit.Step[crm.Contact, crm.Ref]{
		Name: "crm.contact", Call: crm.UpsertContact,
		Request: crm.Contact{
			Email: j.state.Email, Phone: j.state.Phone, FirstName: lead.FirstName, LastName: lead.LastName,
			Source: lead.Source, Score: points, Classification: classification, JourneyRef: j.id, GuestRef: j.state.GuestRef,
		},
	})
	if err != nil {
		return err
	}
	j.state.ContactID = contact.ID
	return j.record(ctx, crm.StageNew, "Journey started")
}

package register

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/internal/identity"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

// attach tells the profile of the lead's guest that they have come again, and
// answers the open journey of the same program, or nothing. Addresses that
// cannot be read, or that belong to two guests, attach to nobody: the journey
// that then starts says so to a person.
func (r *Register) attach(ctx context.Context, effect options.Effect, request directory.StartRequest) (string, error) {
	addresses, err := canonical(directory.ClaimRequest{
		Email: request.Lead.Email, Phone: request.Lead.Phone, Region: request.Lead.Region, GuestRef: "new", JourneyID: request.JourneyID,
	})
	if err != nil {
		return "", nil //nolint:nilerr // the journey itself refuses the lead, and names every field
	}
	guest := ""
	for _, address := range addresses {
		owner, err := r.owner(ctx, address)
		switch {
		case err != nil:
			return "", err
		case owner == "":
		case guest != "" && owner != guest:
			return "", nil
		default:
			guest = owner
		}
	}
	if guest == "" {
		return "", nil
	}
	return r.leadAgain(ctx, guest, profile.LeadAgain{ID: effect.Key, ProgramCode: request.Program})
}

// owner asks a claim whose address it is; nobody's if there is no claim.
func (r *Register) owner(ctx context.Context, address address) (string, error) {
	value, err := r.temporal.QueryWorkflow(ctx, identity.ClaimID(r.key, address.kind, address.canonical), "", kit.QueryStatus)
	if isMissing(err) {
		return "", nil
	}
	if err != nil {
		return "", classify("claim.owner", err)
	}
	var overview profile.ClaimOverview
	if err := value.Get(&overview); err != nil {
		return "", classify("claim.owner", err)
	}
	return overview.GuestRef, nil
}

func (r *Register) leadAgain(ctx context.Context, guest string, lead profile.LeadAgain) (string, error) {
	handle, err := r.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: "guest/" + guest, UpdateName: profile.UpdateLeadAgain, UpdateID: lead.ID, Args: []any{lead},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var result profile.LeadAgainResult
	if err == nil {
		err = handle.Get(ctx, &result)
	}
	if isMissing(err) {
		return "", nil
	}
	if err != nil {
		return "", classify("profile.lead_again", err)
	}
	return result.JourneyID, nil
}

func isMissing(err error) bool {
	var missing *serviceerror.NotFound
	return errors.As(err, &missing)
}

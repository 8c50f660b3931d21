// Package register binds addresses to guests through Temporal: it is the
// adapter behind the directory port.
//
// Called by the directory's activities in the worker. It owns the order in
// which claims are asked and what a conflict means, and promises that no
// address appears in an ID, an error or a log: a claim's ID is an HMAC, and the
// messages are encrypted by the client's data converter. Everything it does may
// be repeated: claims and profiles know the journey, and each update and signal
// carries an ID that is derived from the effect.
package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/directory"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/internal/identity"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/profile"
)

// Register finds and binds guests by their claims.
type Register struct {
	temporal client.Client
	key      []byte
}

var _ directory.Register = (*Register)(nil)

// New returns a Register. key is the identity key, see identity.ParseKey.
func New(temporal client.Client, key []byte) *Register {
	return &Register{temporal: temporal, key: key}
}

// address is one canonical address of a lead.
type address struct{ kind, canonical string }

// Claim binds the e-mail first, then the phone: the first claim's owner is
// offered to the second. Where the second has another owner, the e-mail's
// guest is taken and the conflict is told; nothing is merged.
func (r *Register) Claim(ctx context.Context, effect options.Effect, request directory.ClaimRequest) (directory.Claimed, error) {
	addresses, err := canonical(request)
	if err != nil {
		return directory.Claimed{}, err
	}
	claimed := directory.Claimed{GuestRef: request.GuestRef}
	phoneOwner := ""
	for i, address := range addresses {
		owner, err := r.bind(ctx, effect, address, profile.Bind{GuestRef: claimed.GuestRef, JourneyID: request.JourneyID})
		if err != nil {
			return directory.Claimed{}, err
		}
		if i == 0 {
			claimed.GuestRef = owner
		}
		claimed.Conflict = owner != claimed.GuestRef
		if address.kind == identity.KindPhone {
			claimed.Phone, phoneOwner = address.canonical, owner
		} else {
			claimed.Email = address.canonical
		}
	}
	claimed.OptedOut, err = r.openProfiles(ctx, effect, request, claimed, phoneOwner)
	return claimed, err
}

// openProfiles tells the guest's profile of the journey. Where the phone is
// another guest's, that profile hears of it too, so that a STOP from this
// phone reaches this journey; of what it has closed, only texts count here.
func (r *Register) openProfiles(ctx context.Context, effect options.Effect, request directory.ClaimRequest, claimed directory.Claimed, phoneOwner string) ([]string, error) {
	opened := profile.Opened{
		JourneyID: request.JourneyID, ProgramCode: request.ProgramCode, Locale: request.Locale,
		Phone: claimed.Phone, Email: claimed.Email,
	}
	if !claimed.Conflict {
		return r.open(ctx, effect, claimed.GuestRef, opened)
	}
	own, phones := opened, opened
	own.Phone, phones.Email = "", ""
	closed, err := r.open(ctx, effect, claimed.GuestRef, own)
	if err != nil {
		return nil, err
	}
	closedByPhone, err := r.open(ctx, effect, phoneOwner, phones)
	if err != nil {
		return nil, err
	}
	const sms = "sms"
	if slices.Contains(closedByPhone, sms) && !slices.Contains(closed, sms) {
		closed = append(closed, sms)
	}
	return closed, nil
}

// canonical returns the lead's addresses, the e-mail first. It names every
// wrong one at once and quotes none.
func canonical(request directory.ClaimRequest) ([]address, error) {
	var addresses []address
	var problems []string
	add := func(kind, canonical string, err error) {
		if err != nil {
			problems = append(problems, "lead."+err.Error())
			return
		}
		addresses = append(addresses, address{kind, canonical})
	}
	if request.Email != "" {
		canonical, err := identity.Email(request.Email)
		add(identity.KindEmail, canonical, err)
	}
	if request.Phone != "" {
		canonical, err := identity.Phone(request.Region, request.Phone)
		add(identity.KindPhone, canonical, err)
	}
	if request.Email == "" && request.Phone == "" {
		problems = append(problems, "lead: needs email or phone")
	}
	if request.GuestRef == "" || request.JourneyID == "" {
		problems = append(problems, "journeyId and guestRef: needed")
	}
	if len(problems) > 0 {
		return nil, &failure.Error{Provider: provider, Operation: "claim", Class: failure.InvalidInput, Advice: strings.Join(problems, "; ")}
	}
	return addresses, nil
}

// bind asks a claim for its owner, and starts it if it is not there. It
// answers the owner, who is the proposed guest if the claim was free.
func (r *Register) bind(ctx context.Context, effect options.Effect, address address, bind profile.Bind) (string, error) {
	id := identity.ClaimID(r.key, address.kind, address.canonical)
	var result profile.BindResult
	err := r.ask(ctx, question{
		operation: "claim.bind." + address.kind, workflowID: id, workflowType: profile.ClaimType, input: profile.ClaimInput{Kind: address.kind},
		update: profile.UpdateBind, updateID: effect.Key + "/" + address.kind, request: bind,
	}, &result)
	return result.GuestRef, err
}

// open tells a profile of the journey, and starts it if it is not there.
func (r *Register) open(ctx context.Context, effect options.Effect, guestRef string, opened profile.Opened) ([]string, error) {
	var result profile.OpenedResult
	err := r.ask(ctx, question{
		operation: "profile.open", workflowID: "guest/" + guestRef, workflowType: profile.Type,
		input:  profile.Input{GuestRef: guestRef, Locale: opened.Locale, Phone: opened.Phone, Email: opened.Email},
		update: profile.UpdateJourneyOpened, updateID: effect.Key, request: opened,
	}, &result)
	return result.OptedOut, err
}

// question is one update-with-start.
type question struct {
	operation                string
	workflowID, workflowType string
	input                    any
	update, updateID         string
	request                  any
}

func (r *Register) ask(ctx context.Context, q question, answer any) error {
	start := r.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: q.workflowID, TaskQueue: options.QueueJourneys,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, q.workflowType, q.input)
	handle, err := r.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: q.workflowID, UpdateName: q.update, UpdateID: q.updateID, Args: []any{q.request},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	if err != nil {
		return classify(q.operation, err)
	}
	return nil
}

// Enqueue tells the guest's open journey of the same program, if there is one;
// else it hands the lead to the claim that counts starts per hour. The request
// ID makes Temporal drop a repeat of this signal, and the claim knows the
// contact.
func (r *Register) Enqueue(ctx context.Context, effect options.Effect, request directory.StartRequest) (directory.Enqueued, error) {
	portal, err := portalOf(request.StartsClaim)
	if err != nil {
		return directory.Enqueued{}, err
	}
	attached, err := r.attach(ctx, effect, request)
	if err != nil || attached != "" {
		return directory.Enqueued{AttachedTo: attached}, err
	}
	_, err = r.temporal.SignalWithStartWorkflow(temporalclient.WithRequestID(ctx, effect.Key), request.StartsClaim, profile.SignalEnqueue, request,
		client.StartWorkflowOptions{ID: request.StartsClaim, TaskQueue: options.QueueJourneys},
		profile.ClaimType, profile.ClaimInput{Kind: profile.KindHubSpotStarts, Portal: portal})
	if err != nil {
		return directory.Enqueued{}, classify("claim.enqueue", err)
	}
	return directory.Enqueued{}, nil
}

// portalOf reads claim/hubspot/<portal>/starts.
func portalOf(claim string) (string, error) {
	parts := strings.Split(claim, "/")
	if len(parts) != 4 || parts[0] != "claim" || parts[1] != "hubspot" || parts[2] == "" || parts[3] != "starts" {
		return "", &failure.Error{
			Provider: provider, Operation: "claim.enqueue", Class: failure.InvalidInput,
			Advice: fmt.Sprintf("startsClaim: want %q", "claim/hubspot/<portal>/starts"),
		}
	}
	return parts[2], nil
}

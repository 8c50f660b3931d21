package journey

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	"guestjourney/workflows/profile"
)

// receive sets up every channel. A fact changes the state and nothing else;
// the stage that waits for it finds it there.
func (j *journey) receive(ctx workflow.Context) {
	byID := func(fact kit.Fact) string { return fact.ID }
	on := func(signal, description string, apply func(kit.Fact)) {
		kit.OnSignal(ctx, j.core, signal, description, byID, func(fact kit.Fact) {
			j.core.Note(ctx, "fact", fact.Provider+" "+fact.Type)
			apply(fact)
		})
	}
	on(kit.SignalGuest, "The guest's app or website: intake, consent, health_form, policy_accepted, offer_answer.",
		func(fact kit.Fact) { j.guestFact(ctx, fact) })
	on(kit.SignalMessageIn, "A text from the guest, or a call back that was promised.", func(fact kit.Fact) {
		if fact.Type == profile.FactCallBack {
			j.core.Raise(ctx, attentionCallBack)
			return
		}
		j.core.Raise(ctx, "message_in")
	})
	on(kit.SignalMessageStatus, "What became of a text message.", func(kit.Fact) {})
	on(kit.SignalEmail, "What became of an e-mail.", func(fact kit.Fact) { j.emailFact(ctx, fact) })
	on(SignalMergedFrom, "Another journey of the same guest goes on in this one.",
		func(fact kit.Fact) { j.core.Raise(ctx, "merged_from") })
	on(profile.SignalProfile, "The guest's profile: a channel was closed or opened, two journeys meet, the guest asked again.",
		func(fact kit.Fact) { j.profileFact(ctx, fact) })
	kit.OnSignal(ctx, j.core, payment.SignalUpdate, "The payment plan reports.",
		func(update payment.Update) string { return update.ID }, func(update payment.Update) { j.paymentFact(ctx, update) })
	kit.OnSignal(ctx, j.core, appointment.SignalUpdate, "The appointment reports.",
		func(update appointment.Update) string { return update.ID }, func(update appointment.Update) { j.sessionFact(ctx, update) })
}

func (j *journey) guestFact(ctx workflow.Context, fact kit.Fact) {
	switch fact.Type {
	case GuestIntake:
		if !appointment.ValidLocal(fact.Data["arrival"]) {
			j.core.Raise(ctx, "bad_intake")
			return
		}
		if j.state.Stage == StageCaptured || j.state.Stage == StageConversing {
			j.state.Intake = Intake{Received: true, Arrival: fact.Data["arrival"]}
			j.core.Settle("bad_intake")
		}
	case GuestConsent:
		j.consentFact(ctx, fact)
	case GuestHealth:
		j.healthFact(ctx, fact)
	case GuestPolicy:
		if j.state.Policy.Version == "" {
			j.state.Policy = Policy{Version: fact.Data["version"], At: fact.OccurredAt, IP: fact.Data["ip"]}
		}
	case GuestAnswer:
		if j.state.Stage == StageOffer && j.state.Answer == "" {
			j.state.Answer = fact.Data["answer"]
		}
	default:
		j.core.Raise(ctx, "unknown_guest_event")
	}
}

// consentFact takes the guest's last word, by its own time: an older one that
// arrives late changes nothing.
func (j *journey) consentFact(ctx workflow.Context, fact kit.Fact) {
	purpose := fact.Data["purpose"]
	if fact.OccurredAt.Before(j.state.Consents[purpose].At) {
		return
	}
	if j.state.Consents == nil {
		j.state.Consents = map[string]Consent{}
	}
	granted := fact.Data["granted"] == "true"
	if purpose == PurposeHealth && j.consented(purpose) && !granted && j.state.Form.Received {
		j.core.Raise(ctx, "consent_withdrawn")
	}
	if granted {
		j.core.Settle("consent_withdrawn")
	}
	j.state.Consents[purpose] = Consent{Granted: granted, Version: fact.Data["version"], At: fact.OccurredAt}
}

// healthFact takes the reference of a questionnaire. A part of one changes
// nothing; one that answers a clinician's question reopens the review, and its
// term begins again.
func (j *journey) healthFact(ctx workflow.Context, fact kit.Fact) {
	if fact.Data["complete"] != "true" || fact.Data["ref"] == "" {
		return
	}
	j.state.Form.Received, j.state.Form.Ref, j.state.Form.At = true, fact.Data["ref"], fact.OccurredAt
	clearance := &j.state.Clearance
	switch clearance.State {
	case ClearanceInfo:
		clearance.State, clearance.AskedAt, clearance.Escalations = ClearanceInReview, workflow.Now(ctx).UTC(), 0
		clearance.Reviews++
		j.core.Settle("information_overdue")
	case ClearanceCleared, ClearanceConditional:
		j.core.Raise(ctx, "health_form_changed")
	}
}

// emailFact closes the e-mail channel when the address refuses mail or its
// reader does not want it.
func (j *journey) emailFact(ctx workflow.Context, fact kit.Fact) {
	switch fact.Type {
	case "unsubscribe", "group_unsubscribe", "spamreport":
		j.refuseChannel("email")
	case "bounce", "dropped":
		j.refuseChannel("email")
		if !slices.Contains(j.state.Unreachable, "email") {
			j.state.Unreachable = append(j.state.Unreachable, "email")
		}
		j.core.Raise(ctx, "email_unreachable")
	}
}

// profileFact is what the guest's profile sees over all journeys of the guest.
func (j *journey) profileFact(ctx workflow.Context, fact kit.Fact) {
	channel := fact.Data["channel"]
	switch fact.Type {
	case profile.FactOverlap, profile.FactDuplicate, profile.FactLeadAgain:
		j.core.Raise(ctx, fact.Type)
	case profile.FactOverlapOver:
		j.core.Settle(profile.FactOverlap)
	case profile.FactDuplicateOver:
		j.core.Settle(profile.FactDuplicate)
	case "opted_in":
		j.state.OptedOut = slices.DeleteFunc(j.state.OptedOut, func(c string) bool { return c == channel })
		j.ask(Chore{Kind: "contact"})
	default:
		j.closeChannel(channel)
	}
}

// closeChannel stops messages on a channel here, and in the appointment.
func (j *journey) closeChannel(channel string) {
	if slices.Contains(j.state.OptedOut, channel) {
		return
	}
	j.state.OptedOut = append(j.state.OptedOut, channel)
	j.ask(Chore{Kind: "contact"})
}

// refuseChannel closes a channel that a provider or the mail's reader closed,
// and tells the guest's profile, so that every journey of the guest knows.
func (j *journey) refuseChannel(channel string) {
	if !slices.Contains(j.state.OptedOut, channel) {
		j.closeChannel(channel)
		j.ask(Chore{Kind: "profile", Channel: channel})
	}
}

// paymentFact takes the plan's word. Reports may come out of order; amounts only
// grow, and a later state is never taken back by an earlier one.
func (j *journey) paymentFact(ctx workflow.Context, update payment.Update) {
	money := &j.state.Money
	j.core.Note(ctx, "fact", "payment plan: "+update.Kind)
	money.CapturedMinor = max(money.CapturedMinor, update.CapturedMinor)
	money.RefundedMinor = max(money.RefundedMinor, update.RefundedMinor)
	if update.CapturedMinor >= money.CapturedMinor {
		money.Charges, money.Terms = update.Charges, update.Terms
	}
	if moneyRank(update.State) >= moneyRank(money.State) {
		money.State = update.State
	}
	switch update.Kind {
	case "checkout_ready":
		money.PageURL, money.PageUntil = update.URL, update.Until
		money.Pages++
	case "action_required":
		money.ActionURL = update.URL
		money.Actions++
	case "paid":
		money.ActionURL = ""
		j.core.Settle("unpaid_at_arrival")
		j.core.Settle("unpaid_before_arrival")
	case "past_due":
		j.core.Raise(ctx, "past_due")
	case "processing":
		// A voucher or a transfer is under way: the plan gives it more time.
		j.core.Move("deposit", update.Until.Add(j.patience()))
	case "wrong_amount", "refund_failed":
		j.core.Raise(ctx, update.Kind)
	case "refund_requested":
		money.RefundAsked = true
	case "refund_done":
		j.core.Complete(update.CommandID, "done", update.Detail)
	case "refund_refused":
		j.core.Complete(update.CommandID, "failed", update.Detail)
	case "refunded", "cancelled", "expired":
		money.Closed = update.Kind
		if !j.leavingForGood() && j.state.Cancel == nil && j.state.Stage != StageDeposit {
			j.core.Raise(ctx, "plan_closed")
		}
	}
}

// moneyRank orders the money states as they can follow each other.
func moneyRank(state string) int {
	return slices.Index([]string{
		"", payment.MoneyPending, payment.MoneyDeposit, payment.MoneyPastDue, payment.MoneyPaid,
		payment.MoneyRefunding, payment.MoneyExpired, payment.MoneyCancelled, payment.MoneyRefunded,
	}, state)
}

func (j *journey) sessionFact(ctx workflow.Context, update appointment.Update) {
	session := &j.state.Session
	j.core.Note(ctx, "fact", fmt.Sprintf("appointment: %s (revision %d)", update.Kind, update.Revision))
	if update.Kind == "opted_out" {
		j.refuseChannel(update.Channel)
		return
	}
	if update.Revision < session.Revision {
		return
	}
	session.State, session.Revision = update.Kind, update.Revision
	if j.placeGone() && update.Kind != appointment.StageDone && !j.leavingForGood() && j.state.Cancel == nil {
		j.core.Raise(ctx, "place_lost")
	}
	session.Start, session.Local = update.Start, update.Local
	for _, outcome := range j.state.Common.Outcomes {
		if update.Kind == "moved" && outcome.Command == kit.UpdateReschedule && outcome.Status == "pending" {
			j.core.Complete(outcome.CommandID, "done", "moved to "+update.Start.Format(time.RFC3339))
		}
	}
}

package journey

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/crm"
	"guestjourney/activities/directory"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable"
	"guestjourney/activities/wording"
	"guestjourney/workflows/appointment"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
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
	return StageConversing, nil
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

// conversing: the guest says when to come, and consents.
func (j *journey) conversing(ctx workflow.Context) (string, error) {
	deadline := j.core.Deadline("conversing", j.state.Since.Add(j.program().Deadlines.Conversing.Value()), kit.ClassGuest, "lost: no response")
	for {
		wake, err := j.core.Until(ctx, deadline, func() bool { return j.state.Intake.Received && j.state.Consent })
		if err != nil {
			return "", err
		}
		if wake == kit.Expired {
			return j.lose("no_response"), nil
		}
		valid, err := j.dates(ctx)
		if err != nil {
			return "", err
		}
		if valid {
			return StageOffer, nil
		}
	}
}

// dates computes arrival and departure; a past arrival is asked for again.
func (j *journey) dates(ctx workflow.Context) (bool, error) {
	times, err := kit.Ask(ctx, j.core, "times."+j.state.Intake.Arrival, timetable.Request{
		Local: j.state.Intake.Arrival, Zone: j.program().Zone, Duration: j.program().Length,
	}, timetable.Compute)
	if err != nil {
		return false, err
	}
	if !times.Start.After(workflow.Now(ctx)) {
		j.state.Intake = Intake{}
		j.core.Note(ctx, "fact", "the wanted arrival is past; the guest must choose again")
		j.core.Raise(ctx, "bad_intake")
		return false, nil
	}
	j.state.ArrivalAt, j.state.Departure, j.state.Arrival = times.Start, times.End, times.Local
	return true, nil
}

// offer: a place is held, and the guest decides.
func (j *journey) offer(ctx workflow.Context) (string, error) {
	program := j.program()
	until := j.state.Since.Add(program.Deadlines.Offer.Value())
	deadline := j.core.Deadline("offer", until, kit.ClassInventory, "the place is given back; lost")
	j.holdPlace(ctx)
	wake, err := j.core.Until(ctx, deadline, func() bool { return j.state.Session.State != "" })
	if err != nil {
		return "", err
	}
	if wake == kit.Expired || j.placeGone() {
		return j.lose("expired"), nil
	}
	if err := j.record(ctx, crm.StageOffer, "Offer sent"); err != nil {
		return "", err
	}
	err = j.say(ctx, "offer", wording.Offer, map[string]string{
		"program": program.Label, "total": j.total(), "deposit": amount(program.Price.Deposit, j.locale()),
		"until": until.UTC().Format("2006-01-02 15:04 UTC"), "path": "/offer/" + j.short(),
	}, until)
	if err != nil {
		return "", err
	}
	wake, err = j.core.Until(ctx, deadline, func() bool {
		return j.placeGone() || j.state.Answer == "declined" || (j.state.Answer == "accepted" && j.state.Policy.Version != "")
	})
	switch {
	case err != nil:
		return "", err
	case wake == kit.Expired, j.placeGone():
		return j.lose("expired"), nil
	case j.state.Answer == "declined":
		return j.lose("declined"), nil
	}
	return StageDeposit, nil
}

// holdPlace starts the appointment, which holds the place; the journey gives it
// back earlier when offer or deposit run out.
func (j *journey) holdPlace(ctx workflow.Context) {
	program := j.program()
	if j.state.Session.ID != "" {
		return
	}
	id := "appt/" + j.short()
	kit.Child(ctx, j.core, "session", appointment.Type, id, appointment.Input{
		Notify: j.id, GuestRef: j.state.GuestRef, Contact: j.contact(), CalendarID: program.Session.CalendarID,
		Title: program.Session.Title, Local: j.state.Intake.Arrival, Plus: program.Session.After, Zone: program.Zone,
		Duration: program.Session.Duration, Reminders: program.Session.Reminders, QuietHours: program.QuietHours,
		// Longer than offer and deposit together: a deposit that came in time must
		// find its place, even if the news of it was slow.
		HoldUntil:       j.state.Since.Add(program.Deadlines.Offer.Value() + program.Deadlines.Deposit.Value() + j.patience()),
		AttendanceAfter: program.Deadlines.AttendanceAfter, EmailTracking: program.EmailTracking,
		Pace: program.Pace, ProgramCode: program.Code, Test: j.input.Test,
	})
	j.state.Session.ID = id
}

// deposit: the plan asks for the deposit; the journey passes each page on.
func (j *journey) deposit(ctx workflow.Context) (string, error) {
	program := j.program()
	until := j.state.Since.Add(program.Deadlines.Deposit.Value())
	j.startPlan(ctx, until)
	// The plan keeps the deposit's deadline; ours only notices a silent plan.
	deadline := j.core.Deadline("deposit", until.Add(program.Deadlines.Cancelling.Value()), kit.ClassMoney, "attention: the plan is silent")
	sent := 0
	for {
		wake, err := j.core.Until(ctx, deadline, func() bool {
			return j.state.Money.Pages > sent || j.state.Money.Closed != "" || moneyRank(j.state.Money.State) >= moneyRank(payment.MoneyDeposit)
		})
		switch {
		case err != nil:
			return "", err
		case wake == kit.Expired:
			j.core.Raise(ctx, "plan_silent")
			deadline = j.core.Deadline("deposit", workflow.Now(ctx).Add(program.Deadlines.Cancelling.Value()), kit.ClassMoney, "attention: the plan is silent")
			continue
		case j.state.Money.Closed != "":
			return j.lose("expired_unpaid"), nil
		case j.state.Money.State == payment.MoneyDeposit || j.state.Money.State == payment.MoneyPaid || j.state.Money.State == payment.MoneyPastDue:
			j.core.Settle("plan_silent")
			return StageBooked, nil
		}
		sent = j.state.Money.Pages
		if err := j.requestPayment(ctx, sent); err != nil {
			return "", err
		}
	}
}

func (j *journey) requestPayment(ctx workflow.Context, page int) error {
	for old := 1; old < page; old++ {
		j.core.GiveUp("payment_request-" + number(old) + ".email")
		j.core.GiveUp("payment_request-" + number(old) + ".sms")
	}
	if err := j.record(ctx, crm.StageDeposit, "Deposit requested"); err != nil {
		return err
	}
	return j.say(ctx, "payment_request-"+number(page), wording.PaymentRequest, map[string]string{
		"amount": amount(j.program().Price.Deposit, j.locale()), "link": j.state.Money.PageURL,
		"until": j.state.Money.PageUntil.UTC().Format("2006-01-02 15:04 UTC"),
	}, j.state.Money.PageUntil)
}

func (j *journey) startPlan(ctx workflow.Context, until time.Time) {
	if j.state.Money.PlanID != "" {
		return
	}
	program, lead := j.program(), j.input.Lead
	id := "pay/" + j.short()
	kit.Child(ctx, j.core, "plan", payment.Type, id, payment.Input{
		Notify: j.id, LeadID: j.id, GuestRef: j.state.GuestRef,
		Customer: payment.Customer{Email: j.state.Email, Phone: j.state.Phone, Name: strings.TrimSpace(lead.FirstName + " " + lead.LastName)},
		Deposit:  program.Price.Deposit, Balance: program.Price.Balance, Label: program.Label, Locale: j.locale(),
		DepositBy: until, BalanceAt: j.state.ArrivalAt.Add(-program.Deadlines.BalanceBefore.Value()), ArrivalAt: j.state.ArrivalAt,
		Refunds: program.Refunds, LateWindow: program.Deadlines.LateWindow, Pace: program.Pace,
		ProgramCode: program.Code, Test: j.input.Test,
	})
	j.state.Money.PlanID = id
}

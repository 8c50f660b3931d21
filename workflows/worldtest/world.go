// Package worldtest is an outside world in memory, for workflow tests with
// skipped time.
//
// Called by the tests of the workflow packages only. It implements every port
// that workflows use, counts effects by their key, and can be told to fail. The
// adapters' conformance suites and the tests on a real server check the same
// promises against real HTTP; here the subject is workflow logic.
package worldtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"guestjourney/activities/calendar"
	"guestjourney/activities/crm"
	"guestjourney/activities/directory"
	"guestjourney/activities/email"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/payments"
	"guestjourney/activities/programs"
	"guestjourney/activities/sms"
	"guestjourney/activities/timetable"
	"guestjourney/activities/wording"
)

// Registry is what activities are registered with.
type Registry interface {
	RegisterActivityWithOptions(any, activity.RegisterOptions)
}

// World is everything outside.
type World struct {
	mutex    sync.Mutex
	Program  programs.Program
	effects  map[string]int
	order    []string
	sessions []*payments.Attempt
	expires  map[string]time.Time     // page to its end
	Refunds  []payments.RefundRequest // that were made or begun, in order
	Texts    []string
	Mails    []string
	Sent     []Sent // both, in order
	Claimed  directory.Claimed
	Contact  crm.Record
	Queued   []directory.StartRequest
	AttachTo string            // the open journey of every queued lead's guest
	Places   map[string]string // hold key to status
	// Decline makes every charge of a saved method fail.
	Decline bool
	// SlowRefunds leaves every refund pending until ArriveRefunds.
	SlowRefunds bool
	// BlockTexts: the provider refuses every text, because the number opted out
	// there (Twilio 21610).
	BlockTexts bool
	// fail counts the failures that are still to come, by operation.
	fail map[string]*fault
	// Now is the test's clock.
	Now func() time.Time
}

type fault struct {
	class failure.Class
	left  int
}

// New makes a world that offers one program.
func New(program programs.Program, now func() time.Time) *World {
	return &World{
		Program: program, effects: map[string]int{}, expires: map[string]time.Time{}, Places: map[string]string{}, fail: map[string]*fault{}, Now: now,
	}
}

// Register registers every activity of the ports on this world.
func (w *World) Register(registry Registry) {
	book := &wording.Book{GuestAppURL: "https://guests.example", Sender: "The House"}
	for prefix, activities := range map[string]any{
		payments.Prefix:  &payments.Activities{Gateway: gateway{w}},
		crm.Prefix:       &crm.Activities{Book: contacts{w}},
		sms.Prefix:       &sms.Activities{Sender: texts{w}, Wording: book},
		email.Prefix:     &email.Activities{Sender: mails{w}, Wording: book},
		calendar.Prefix:  &calendar.Activities{Diary: diary{w}},
		directory.Prefix: &directory.Activities{Register: register{w}},
		programs.Prefix:  &programs.Activities{Catalogue: catalogue{w}},
		timetable.Prefix: &timetable.Activities{},
	} {
		registry.RegisterActivityWithOptions(activities, activity.RegisterOptions{Name: prefix})
	}
}

// Fail makes an operation fail so many times.
func (w *World) Fail(operation string, class failure.Class, times int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.fail[operation] = &fault{class: class, left: times}
}

// Effects returns how often each effect key had an effect.
func (w *World) Effects() map[string]int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	copied := map[string]int{}
	for key, count := range w.effects {
		copied[key] = count
	}
	return copied
}

// Order returns the operations that had an effect, in order.
func (w *World) Order() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return append([]string(nil), w.order...)
}

// Count returns how many effects an operation had.
func (w *World) Count(operation string) int {
	count := 0
	for _, done := range w.Order() {
		if done == operation {
			count++
		}
	}
	return count
}

// act is one call: it may fail by order, and has its effect once per key. The
// failure comes before the effect, unless the class is Ambiguous: then the
// effect happens and its answer is lost.
func (w *World) act(operation, key string, effect func()) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	fault := w.fail[operation]
	failing := fault != nil && fault.left > 0
	if failing {
		fault.left--
	}
	if failing && fault.class != failure.Ambiguous {
		return &failure.Error{Provider: "world", Operation: operation, Class: fault.class}
	}
	if w.effects[key] == 0 {
		w.effects[key]++
		w.order = append(w.order, operation)
		effect()
	}
	if failing {
		return &failure.Error{Provider: "world", Operation: operation, Class: fault.class}
	}
	return nil
}

type gateway struct{ w *World }

func (g gateway) EnsureCustomer(_ context.Context, effect options.Effect, _ payments.Customer) (payments.CustomerRef, error) {
	err := g.w.act("customer", effect.Key, func() {})
	return payments.CustomerRef{ID: "cus_1"}, err
}

func (g gateway) OpenCheckout(_ context.Context, effect options.Effect, request payments.CheckoutRequest) (payments.Checkout, error) {
	id := "page-" + effect.Key
	expires := effect.Since.Add(24 * time.Hour)
	err := g.w.act("page", effect.Key, func() {
		g.w.expires[id] = expires
		g.w.sessions = append(g.w.sessions, &payments.Attempt{
			Kind: payments.KindCheckout, ID: id, Step: request.Purpose.Step, Status: payments.AttemptOpen, Amount: request.Amount,
		})
	})
	return payments.Checkout{ID: id, URL: "https://pay.example/" + id, ExpiresAt: expires}, err
}

func (g gateway) ChargeSaved(_ context.Context, effect options.Effect, request payments.ChargeRequest) (payments.Attempt, error) {
	attempt := &payments.Attempt{Kind: payments.KindCharge, ID: "charge-" + effect.Key, Step: request.Purpose.Step, Amount: request.Amount}
	err := g.w.act("charge", effect.Key, func() {
		attempt.Status = payments.AttemptDeclined
		if !g.w.Decline {
			capture(attempt, g.w.Now())
		}
		g.w.sessions = append(g.w.sessions, attempt)
	})
	g.w.mutex.Lock()
	defer g.w.mutex.Unlock()
	for _, known := range g.w.sessions {
		if known.ID == attempt.ID {
			return *known, err
		}
	}
	return *attempt, err
}

func capture(attempt *payments.Attempt, at time.Time) {
	attempt.Status, attempt.CapturedMinor, attempt.CapturedAt = payments.AttemptSucceeded, attempt.Amount.Minor, at
	attempt.PaymentID, attempt.PaymentMethodID = "pi-"+attempt.ID, "pm_1"
}

func (g gateway) CloseAttempt(_ context.Context, effect options.Effect, ref payments.AttemptRef) (payments.Attempt, error) {
	var found payments.Attempt
	err := g.w.act("close", effect.Key, func() {
		for _, attempt := range g.w.sessions {
			if attempt.ID == ref.ID && attempt.Status != payments.AttemptSucceeded {
				attempt.Status = payments.AttemptClosed
				found = *attempt
			}
		}
	})
	return found, err
}

func (g gateway) Attempts(context.Context, payments.AttemptsRequest) ([]payments.Attempt, error) {
	g.w.mutex.Lock()
	defer g.w.mutex.Unlock()
	var list []payments.Attempt
	for _, attempt := range g.w.sessions {
		if end, page := g.w.expires[attempt.ID]; page && attempt.Status == payments.AttemptOpen && !g.w.Now().Before(end) {
			attempt.Status = payments.AttemptClosed
		}
		list = append(list, *attempt)
	}
	return list, nil
}

func (g gateway) Refund(_ context.Context, effect options.Effect, request payments.RefundRequest) (payments.Refund, error) {
	status := payments.RefundSucceeded
	if g.w.SlowRefunds {
		status = payments.RefundPending
	}
	err := g.w.act("refund", effect.Key, func() {
		g.w.Refunds = append(g.w.Refunds, request)
		if g.w.SlowRefunds {
			return
		}
		for _, attempt := range g.w.sessions {
			if attempt.PaymentID == request.PaymentID {
				attempt.RefundedMinor += request.Amount.Minor
			}
		}
	})
	return payments.Refund{ID: "re-" + effect.Key, Status: status}, err
}

func (g gateway) TryOut(_ context.Context, effect options.Effect, _ payments.TryOut) (payments.Attempt, error) {
	err := g.w.act("try_out", effect.Key, func() {})
	return payments.Attempt{Kind: payments.KindCharge, ID: "try-" + effect.Key, Status: payments.AttemptClosed}, err
}

// Pay lets the guest pay on the open page of a step, and reports whether there
// was one.
func (w *World) Pay(step string) bool { return w.pay(step, payments.AttemptOpen) }

// PayClosed lets a payment succeed on a page that has been closed: the bank was
// slower than we.
func (w *World) PayClosed(step string) bool { return w.pay(step, payments.AttemptClosed) }

func (w *World) pay(step string, status payments.AttemptStatus) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, attempt := range w.sessions {
		if attempt.Step == step && attempt.Status == status {
			capture(attempt, w.Now())
			return true
		}
	}
	return false
}

// ExpirePage lets the provider expire the open page of a step.
func (w *World) ExpirePage(step string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, attempt := range w.sessions {
		if attempt.Step == step && attempt.Status == payments.AttemptOpen {
			attempt.Status = payments.AttemptClosed
		}
	}
}

// FailRefunds takes every refund back, as a bank does days later.
func (w *World) FailRefunds() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, attempt := range w.sessions {
		attempt.RefundedMinor = 0
	}
}

// RepeatRefunds gives back by hand what the bank had refused.
func (w *World) RepeatRefunds() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, attempt := range w.sessions {
		attempt.RefundedMinor = attempt.CapturedMinor
	}
}

// Balance returns what was captured and what was given back.
func (w *World) Balance() (captured, refunded int64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, attempt := range w.sessions {
		captured += attempt.CapturedMinor
		refunded += attempt.RefundedMinor
	}
	return captured, refunded
}

type contacts struct{ w *World }

func (c contacts) UpsertContact(_ context.Context, effect options.Effect, _ crm.Contact) (crm.Ref, error) {
	return crm.Ref{ID: "contact-1"}, c.w.act("contact", effect.Key, func() {})
}

func (c contacts) UpsertDeal(_ context.Context, effect options.Effect, deal crm.Deal) (crm.Ref, error) {
	return crm.Ref{ID: "deal-1"}, c.w.act("deal:"+string(deal.Stage), effect.Key, func() {})
}

func (c contacts) AddNote(_ context.Context, effect options.Effect, _ crm.Note) (crm.Ref, error) {
	return crm.Ref{ID: "note-" + effect.Key}, c.w.act("note", effect.Key, func() {})
}

func (c contacts) ReadContact(context.Context, crm.Ref) (crm.Record, error) {
	return c.w.Contact, nil
}

type texts struct{ w *World }

func (t texts) Send(_ context.Context, effect options.Effect, text sms.Text) (sms.Receipt, error) {
	if t.w.BlockTexts {
		return sms.Receipt{Blocked: true}, t.w.act("blocked", effect.Key, func() {})
	}
	err := t.w.act("sms", effect.Key, func() {
		t.w.Texts = append(t.w.Texts, text.Body)
		t.w.sent("sms", text.Body)
	})
	return sms.Receipt{ID: "SM-" + effect.Key}, err
}

type mails struct{ w *World }

func (t texts) Delivery(context.Context, sms.DeliveryRequest) (sms.Delivery, error) {
	return sms.Delivery{State: sms.DeliveryDelivered}, nil
}

func (m mails) Send(_ context.Context, effect options.Effect, mail email.Mail) (email.Receipt, error) {
	err := m.w.act("email", effect.Key, func() {
		m.w.Mails = append(m.w.Mails, mail.Subject+"\n"+mail.Text)
		m.w.sent("email", mail.Subject)
	})
	return email.Receipt{ID: "mail-" + effect.Key}, err
}

type diary struct{ w *World }

func (d diary) Hold(_ context.Context, effect options.Effect, entry calendar.Entry) (calendar.Ref, error) {
	return calendar.Ref{ID: "event"}, d.w.act("hold", effect.Key, func() { d.w.Places[entry.HoldKey] = "held" })
}

func (d diary) Change(_ context.Context, effect options.Effect, entry calendar.Entry) (calendar.Ref, error) {
	return calendar.Ref{ID: "event"}, d.w.act("change", effect.Key, func() {
		d.w.Places[entry.HoldKey] = fmt.Sprintf("confirmed %t", entry.Confirmed)
	})
}

func (d diary) Release(_ context.Context, effect options.Effect, place calendar.Place) (calendar.Ref, error) {
	return calendar.Ref{ID: "event"}, d.w.act("release", effect.Key, func() { delete(d.w.Places, place.HoldKey) })
}

type register struct{ w *World }

func (r register) Claim(_ context.Context, effect options.Effect, request directory.ClaimRequest) (directory.Claimed, error) {
	err := r.w.act("claim", effect.Key, func() {})
	claimed := directory.Claimed{GuestRef: request.GuestRef, Phone: request.Phone, Email: request.Email}
	claimed.OptedOut = r.w.Claimed.OptedOut
	claimed.Conflict = r.w.Claimed.Conflict
	return claimed, err
}

func (r register) Enqueue(_ context.Context, effect options.Effect, request directory.StartRequest) (directory.Enqueued, error) {
	return directory.Enqueued{AttachedTo: r.w.AttachTo}, r.w.act("enqueue", effect.Key, func() { r.w.Queued = append(r.w.Queued, request) })
}

type catalogue struct{ w *World }

func (c catalogue) Load(_ context.Context, code string) (programs.Snapshot, error) {
	if code != c.w.Program.Code {
		return programs.Snapshot{}, &failure.Error{Provider: "catalogue", Operation: "load", Class: failure.InvalidInput, Advice: "unknown program"}
	}
	return programs.Snapshot{Program: c.w.Program, Hash: "0123456789ab"}, nil
}

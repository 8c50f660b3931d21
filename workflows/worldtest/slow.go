package worldtest

import (
	"slices"

	"guestjourney/activities/payments"
)

// BeginSlowly lets the guest choose a voucher or a bank transfer on the open
// page of a step, and reports whether there was one.
func (w *World) BeginSlowly(step string) bool {
	return w.change(step, payments.AttemptOpen, func(attempt *payments.Attempt) { attempt.Status = payments.AttemptProcessing })
}

// SettleSlowly ends what BeginSlowly began: the money has come, or never will.
func (w *World) SettleSlowly(step string, paid bool) bool {
	return w.change(step, payments.AttemptProcessing, func(attempt *payments.Attempt) {
		attempt.Status = payments.AttemptClosed
		if paid {
			capture(attempt, w.Now())
		}
	})
}

// PayOther lets another amount than the price arrive on the open page of a step.
func (w *World) PayOther(step string, money payments.Money) bool {
	return w.change(step, payments.AttemptOpen, func(attempt *payments.Attempt) {
		attempt.Amount = money
		capture(attempt, w.Now())
	})
}

// ArriveRefunds lets every pending refund arrive.
func (w *World) ArriveRefunds() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, request := range w.Refunds {
		for _, attempt := range w.sessions {
			if attempt.PaymentID == request.PaymentID {
				attempt.RefundedMinor += request.Amount.Minor
			}
		}
	}
	w.Refunds, w.SlowRefunds = nil, false
}

// change changes the first attempt of a step with a status, if there is one.
func (w *World) change(step string, status payments.AttemptStatus, apply func(*payments.Attempt)) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	at := slices.IndexFunc(w.sessions, func(attempt *payments.Attempt) bool { return attempt.Step == step && attempt.Status == status })
	if at >= 0 {
		apply(w.sessions[at])
	}
	return at >= 0
}

package payment

// Reasons of a refund, as the provider and the timeline see them.
const (
	reasonCancelled = "cancelled"
	reasonLate      = "late_capture"
	reasonSurplus   = "surplus"
	reasonOperator  = "operator"
)

// due is one refund that should be made.
type due struct {
	paymentID string
	minor     int64
	reason    string
	commandID string // of the operator who ordered it
}

// dueAfterClosing lists what has to be given back once a plan has been closed.
// What was asked for or given back already is taken off, so that asking again
// adds nothing.
func dueAfterClosing(state *State) []due {
	reasons := map[bool]string{true: reasonLate, false: reasonCancelled}
	var list []due
	for _, line := range linesAfter(state.Terms, state.charges(), *state.Cancel) {
		if line.RefundMinor > 0 {
			list = append(list, due{paymentID: line.Charge, minor: line.RefundMinor, reason: reasons[line.Rule == reasonLate]})
		}
	}
	return list
}

// surplus lists what was paid beyond a step's price: the latest payments go
// back first.
func surplus(state *State, step string, price int64) []due {
	over := -price
	for _, attempt := range state.Attempts {
		if attempt.Step == step {
			over += attempt.CapturedMinor - state.spoken(attempt)
		}
	}
	var list []due
	for i := len(state.Attempts) - 1; i >= 0 && over > 0; i-- {
		attempt := state.Attempts[i]
		left := attempt.CapturedMinor - state.spoken(attempt)
		if attempt.Step != step || left <= 0 {
			continue
		}
		back := min(left, over)
		list = append(list, due{paymentID: attempt.PaymentID, minor: back, reason: reasonSurplus})
		over -= back
	}
	return list
}

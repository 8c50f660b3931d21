package journey

import (
	"slices"
	"time"

	"guestjourney/workflows/payment"
)

// QueryPreviewCancel answers a CancelPreview.
const QueryPreviewCancel = "preview_cancel"

// AskCancel is the input of the query "preview_cancel": the command's own.
type AskCancel struct {
	By string `json:"by"` // "guest" (default), "operator" or "property"
	// ReceivedAt decides the tier. Zero means the instant of the journey's last
	// event: a query cannot read the clock.
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
	Refund     string    `json:"refund,omitempty"` // "policy" (default), "full", "none"
}

// CancelPreview is what a cancellation would do.
type CancelPreview struct {
	// Rejected says why the command would be refused; then nothing else is said.
	Rejected   string    `json:"rejected,omitempty"`
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
	// Refunds has one line for each payment; amounts are minor units.
	Refunds     []payment.RefundLine `json:"refunds"`
	RefundMinor int64                `json:"refundMinor"`
	Currency    string               `json:"currency,omitempty"`
	Released    []string             `json:"released"`
	Messages    []string             `json:"messages"`
}

func (j *journey) previewCancel(ask AskCancel, now time.Time) (CancelPreview, error) {
	if ask.By == "" {
		ask.By = "guest"
	}
	if err := checkCancellation(ask.By, ask.Refund); err != nil {
		return CancelPreview{}, err
	}
	if why := words(j.mayCancel()); why != "" {
		return CancelPreview{Rejected: why}, nil
	}
	if ask.ReceivedAt.IsZero() {
		ask.ReceivedAt = now.UTC()
	}
	if ask.Refund == "" {
		ask.Refund = "policy"
	}
	preview := CancelPreview{
		ReceivedAt: ask.ReceivedAt, Currency: j.program().Price.Deposit.Currency,
		Refunds:  payment.PreviewCancel(j.state.Money.Terms, j.state.Money.Charges, ask.ReceivedAt, ask.Refund),
		Released: j.wouldRelease(), Messages: j.wouldSay("cancellation"),
	}
	for _, line := range preview.Refunds {
		preview.RefundMinor += line.RefundMinor
	}
	return preview, nil
}

// words are why a command would be refused; empty means that it would not.
func words(refusal error) string {
	if refusal == nil {
		return ""
	}
	return refusal.Error()
}

func (j *journey) wouldRelease() []string {
	released := []string{}
	if !j.placeGone() {
		released = append(released, "place "+j.state.Session.ID)
	}
	if !j.moneyClosed() {
		released = append(released, "payment pages and the saved payment method of "+j.state.Money.PlanID)
	}
	return released
}

// wouldSay lists a message by the channels on which the guest can be reached.
func (j *journey) wouldSay(message string) []string {
	list := []string{}
	if j.state.Email != "" && !slices.Contains(j.state.OptedOut, "email") {
		list = append(list, message+" by email")
	}
	if j.state.Phone != "" && !slices.Contains(j.state.OptedOut, "sms") {
		list = append(list, message+" by sms")
	}
	return list
}

package stripe

import (
	"fmt"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"guestjourney/activities/failure"
	"guestjourney/activities/payments"
)

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func lower(currency string) string { return strings.ToLower(currency) }

func sessionAttempt(session *stripego.CheckoutSession) payments.Attempt {
	attempt := payments.Attempt{Kind: payments.KindCheckout}
	if session.PaymentIntent != nil {
		attempt = intentAttempt(session.PaymentIntent)
		attempt.Kind = payments.KindCheckout
	}
	attempt.ID, attempt.Step = session.ID, session.Metadata["step"]
	attempt.Amount = fromStripe(session.AmountTotal, string(session.Currency))
	switch {
	case attempt.Status == payments.AttemptSucceeded, attempt.Status == payments.AttemptProcessing:
	case session.Status == stripego.CheckoutSessionStatusOpen:
		attempt.Status = payments.AttemptOpen
	case session.Status == stripego.CheckoutSessionStatusExpired, attempt.Status == payments.AttemptDeclined, attempt.Status == payments.AttemptClosed:
		// A complete page whose slow payment failed cannot be paid again.
		attempt.Status = payments.AttemptClosed
	default:
		// Complete, but the money is still on its way, or waits for the guest to
		// pay a voucher.
		attempt.Status = payments.AttemptProcessing
	}
	return attempt
}

func intentAttempt(intent *stripego.PaymentIntent) payments.Attempt {
	attempt := payments.Attempt{
		Kind: payments.KindCharge, ID: intent.ID, PaymentID: intent.ID, Step: intent.Metadata["step"],
		Amount: fromStripe(intent.Amount, string(intent.Currency)), Status: intentStatus(intent),
	}
	if intent.PaymentMethod != nil {
		attempt.PaymentMethodID = intent.PaymentMethod.ID
	}
	if failed := intent.LastPaymentError; failed != nil {
		attempt.DeclineCode = string(failed.DeclineCode)
		if attempt.DeclineCode == "" {
			attempt.DeclineCode = string(failed.Code)
		}
	}
	// A slow method's charge counts as captured while the bank may still refuse.
	if charge := intent.LatestCharge; charge != nil && charge.Captured && intent.Status == stripego.PaymentIntentStatusSucceeded {
		currency := string(charge.Currency)
		attempt.CapturedMinor = fromStripe(charge.AmountCaptured, currency).Minor
		attempt.RefundedMinor = fromStripe(charge.AmountRefunded, currency).Minor
		attempt.CapturedAt = time.Unix(charge.Created, 0).UTC()
	}
	return attempt
}

func intentStatus(intent *stripego.PaymentIntent) payments.AttemptStatus {
	switch intent.Status {
	case stripego.PaymentIntentStatusSucceeded:
		return payments.AttemptSucceeded
	case stripego.PaymentIntentStatusProcessing, stripego.PaymentIntentStatusRequiresCapture:
		return payments.AttemptProcessing
	case stripego.PaymentIntentStatusCanceled:
		return payments.AttemptClosed
	case stripego.PaymentIntentStatusRequiresAction, stripego.PaymentIntentStatusRequiresConfirmation:
		return payments.AttemptActionable
	}
	if failed := intent.LastPaymentError; failed != nil && failed.Code == stripego.ErrorCodeAuthenticationRequired {
		return payments.AttemptActionable
	}
	return payments.AttemptDeclined
}

func refundStatus(status stripego.RefundStatus) payments.RefundStatus {
	switch status {
	case stripego.RefundStatusSucceeded:
		return payments.RefundSucceeded
	case stripego.RefundStatusFailed, stripego.RefundStatusCanceled:
		return payments.RefundFailed
	}
	return payments.RefundPending
}

// Stripe's amounts are the minor units of ISO 4217, with these exceptions
// (https://docs.stripe.com/currencies, "Special cases"): ISK and UGX have no
// minor unit, but are given in hundredths; MGA has one, but is given in whole
// units; three-decimal currencies must end in 0.
var (
	hundredfold  = map[string]bool{"ISK": true, "UGX": true}
	hundredth    = map[string]bool{"MGA": true}
	threeDecimal = map[string]bool{"BHD": true, "JOD": true, "KWD": true, "OMR": true, "TND": true}
)

func toStripe(money payments.Money) (int64, error) {
	currency := strings.ToUpper(money.Currency)
	switch {
	case hundredfold[currency]:
		return money.Minor * 100, nil
	case hundredth[currency] && money.Minor%100 == 0:
		return money.Minor / 100, nil
	case hundredth[currency]:
		return 0, badAmount(fmt.Sprintf("an amount in %s must be whole", currency))
	case threeDecimal[currency] && money.Minor%10 != 0:
		return 0, badAmount(fmt.Sprintf("an amount in %s must end in 0 in its third decimal", currency))
	}
	return money.Minor, nil
}

func badAmount(advice string) error {
	return &failure.Error{Provider: "stripe", Operation: "amount", Class: failure.InvalidInput, Advice: advice}
}

func fromStripe(minor int64, currency string) payments.Money {
	currency = strings.ToUpper(currency)
	switch {
	case hundredfold[currency]:
		minor /= 100
	case hundredth[currency]:
		minor *= 100
	}
	return payments.Money{Minor: minor, Currency: currency}
}

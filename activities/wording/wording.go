// Package wording holds what the guest reads, in every language, and what staff
// are told.
//
// Called by the activities of sms and email. It owns the templates and promises
// that a text names no treatment, and that every text message ends with a
// reference made from its effect key, by which a sent one can be found again.
package wording

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Names of the templates. Parameters are strings; see each template file.
const (
	Welcome         = "welcome"          // name, link (intake form)
	HealthConsent   = "health_consent"   // name, link (consent page)
	HealthForm      = "health_form"      // name, link (questionnaire)
	Information     = "information"      // name, link (questionnaire)
	NotPossible     = "not_possible"     // name
	Offer           = "offer"            // name, program, total, deposit, until, link (offer page)
	PaymentRequest  = "payment_request"  // name, amount, link (payment page), until
	PaymentAction   = "payment_action"   // name, amount, link (payment page)
	Confirmation    = "confirmation"     // name, program, start
	Reminder        = "reminder"         // name, start, in
	Moved           = "moved"            // name, start
	CancellationOK  = "cancellation"     // name, refund (amount or empty)
	CancellationDue = "cancellation_due" // name, refund (amount asked for, not yet confirmed)
	Expired         = "expired"          // name
	CheckIn         = "check_in"         // name
	StopConfirmed   = "stop_confirmed"   // none, text message only
	StartConfirmed  = "start_confirmed"  // none, text message only
	Help            = "help"             // none, text message only
	ProviderDown    = "provider_down"    // to staff: provider, use, since, code
	ProviderUp      = "provider_up"      // to staff: provider, use, since, was (down since)
	FunctionText    = "function_text"    // to ourselves: none, text message only
)

// Book renders templates. GuestAppURL is the base of links to the guest's own
// pages: a parameter "path" becomes the link GuestAppURL+path; a parameter
// "link" is used as it is.
type Book struct {
	GuestAppURL string
	// Sender is the property's name as guests know it.
	Sender string
}

// SMS renders a text message. It ends with Reference(effectKey) and is the same
// for the same arguments. Errors are *failure.Error.
func (b *Book) SMS(template, locale, effectKey string, params map[string]string) (string, error) {
	text, err := b.render(channelSMS, template, locale, params)
	if err != nil {
		return "", err
	}
	return text + Reference(effectKey), nil
}

// Email renders an e-mail as subject and plain text. Errors are *failure.Error.
func (b *Book) Email(template, locale string, params map[string]string) (subject, text string, err error) {
	rendered, err := b.render(channelEmail, template, locale, params)
	if err != nil {
		return "", "", err
	}
	// Every file has the two parts: the tests render all of them.
	head, body, _ := strings.Cut(rendered, "\n\n")
	return strings.TrimPrefix(head, "Subject: "), body + "\n", nil
}

// Reference is the ending of the text message that belongs to an effect. Forty
// bits are plenty: it is looked for among one recipient's messages only.
func Reference(effectKey string) string {
	sum := sha256.Sum256([]byte(effectKey))
	return " Ref " + base32.StdEncoding.EncodeToString(sum[:5])
}

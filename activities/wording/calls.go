package wording

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What an assistant says to a guest on the telephone. A caller's number can be
// forged, so no sentence tells more than a date and a time.
const (
	CallAppointment   = "appointment"    // at
	CallNoAppointment = "no_appointment" // none
	CallLinkByEmail   = "link_by_email"  // none
	CallLinkByText    = "link_by_text"   // none
	CallLinkByBoth    = "link_by_both"   // none
	CallLinkSent      = "link_sent"      // none: it was sent a short while ago
	CallNothingDue    = "nothing_due"    // none
	CallBack          = "call_back"      // none
	CallCannotLook    = "cannot_look"    // none: no answer came in time
	CallCannotDo      = "cannot_do"      // none: not a thing that is offered
	CallNoNumber      = "no_number"      // none: the caller's number is hidden
	CallLater         = "later"          // none: nobody can take the call
)

var sentences = map[string]map[string]string{
	"en": {
		CallAppointment:   "Your next appointment begins on {at}, local time at the house.",
		CallNoAppointment: "I see no appointment that is booked at the moment.",
		CallLinkByEmail:   "The payment link is on its way to you by e-mail.",
		CallLinkByText:    "The payment link is on its way to you by text message.",
		CallLinkByBoth:    "The payment link is on its way to you by e-mail and by text message.",
		CallLinkSent:      "The payment link was sent to you a short while ago. Please look at your messages.",
		CallNothingDue:    "There is nothing to pay at the moment.",
		CallBack:          "Somebody of the team will call you back.",
		CallCannotLook:    "I cannot look that up now. Somebody of the team will call you back.",
		CallCannotDo:      "I cannot do that on the telephone.",
		CallNoNumber:      "I cannot see your number, so I cannot look that up. Please send us a message.",
		CallLater:         "We cannot take your call right now. Please call again later, or send us a message.",
	},
	"es": {
		CallAppointment:   "Su próxima cita empieza el {at}, hora local de la casa.",
		CallNoAppointment: "Ahora no veo ninguna cita reservada.",
		CallLinkByEmail:   "El enlace de pago va en camino por correo electrónico.",
		CallLinkByText:    "El enlace de pago va en camino por mensaje de texto.",
		CallLinkByBoth:    "El enlace de pago va en camino por correo electrónico y por mensaje de texto.",
		CallLinkSent:      "El enlace de pago se le envió hace poco. Por favor, revise sus mensajes.",
		CallNothingDue:    "Ahora no hay nada que pagar.",
		CallBack:          "Alguien del equipo le devolverá la llamada.",
		CallCannotLook:    "Ahora no puedo consultarlo. Alguien del equipo le devolverá la llamada.",
		CallCannotDo:      "Eso no lo puedo hacer por teléfono.",
		CallNoNumber:      "No puedo ver su número, así que no puedo consultarlo. Por favor, envíenos un mensaje.",
		CallLater:         "Ahora no podemos atender su llamada. Por favor, llame más tarde o envíenos un mensaje.",
	},
}

// Languages are those in which guests are spoken and written to, in order.
func Languages() []string { return slices.Sorted(maps.Keys(sentences)) }

// formPrinted is how timetable prints a start, before its zone in brackets.
const formPrinted = "Mon 2 Jan 2006, 15:04"

// Said returns a sentence in a guest's language; one whose language is not
// known is English. at is a start as timetable prints it, for the sentences that
// name one. An error means that the sentence, the language or the time is none.
func Said(sentence, locale, at string) (string, error) {
	if locale == "" {
		locale = defaultLocale
	}
	words, known := sentences[locale][sentence]
	if !known {
		return "", fmt.Errorf("no sentence %q in language %q", sentence, locale)
	}
	if !strings.Contains(words, "{at}") {
		return words, nil
	}
	clock, _, _ := strings.Cut(at, " (")
	start, err := time.Parse(formPrinted, clock)
	if err != nil {
		return "", fmt.Errorf("sentence %q: the start is not a time as it is printed for guests", sentence)
	}
	return strings.ReplaceAll(words, "{at}", spoken(start.Format("2006-01-02T15:04"), locale)), nil
}

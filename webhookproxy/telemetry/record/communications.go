package record

import (
	"cmp"
	"fmt"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/record/fhir"
	"guestjourney/workflows/session"
)

// communications adds who was told of an alarm, and who answered.
func (e *export) communications(bundle *fhir.Bundle) error {
	for _, one := range e.events {
		var told fhir.Communication
		switch one.Kind {
		case session.EntryPage, kindFallback:
			if one.Outcome == "" && !e.over() {
				continue // it is under way
			}
			told = e.page(one)
		case session.EntryAcknowledged, session.EntryDeclined:
			told = e.answer(one)
		default:
			continue
		}
		name := e.name(one.Kind, fmt.Sprint(one.Number), cmp.Or(one.Person, "failsafe"), cmp.Or(one.Channel, "any"), fhir.Instant(one.At))
		if err := bundle.Communication(name, told); err != nil {
			return err
		}
	}
	return nil
}

// ways are HL7's codes for the channels of a page.
var ways = map[string]string{"voice": "PHONE", "email": "EMAILWRIT", "sms": "ELECTRONIC"}

func (e *export) page(one event) fhir.Communication {
	told := e.communication(one, "page", "Page")
	told.Recipient = staff(one.Person)
	if one.Channel != "" {
		told.Medium = []fhir.Concept{{Text: one.Channel}}
		if code := ways[one.Channel]; code != "" {
			told.Medium[0] = fhir.Coded(fhir.SystemMode, code, one.Channel)
		}
	}
	switch one.Outcome {
	case session.Handed:
		told.Status = "completed"
	case session.Undeliverable, session.Failed:
		told.Status = "not-done"
	default:
		told.Status = "unknown" // recalled, or the session ended before it was known
	}
	if told.Status != "completed" {
		told.StatusReason = &fhir.Concept{Text: cmp.Or(one.Outcome, "not known") + detail(one)}
	}
	return told
}

func detail(one event) string {
	if one.Detail == "" {
		return ""
	}
	return ": " + one.Detail
}

func (e *export) answer(one event) fhir.Communication {
	told := e.communication(one, one.Kind, "Answer: "+one.Kind)
	told.Status = "completed"
	if by := staff(one.Person); by != nil {
		told.Sender = &by[0]
	}
	return told
}

func staff(person string) []fhir.Reference {
	if person == "" {
		return nil
	}
	return []fhir.Reference{fhir.Named("Practitioner", fhir.SystemStaff, person)}
}

// urgency is FHIR's word for the priority of an alarm when it was told.
var urgency = map[detector.Priority]string{detector.Critical: "stat", detector.Warning: "urgent", detector.Low: "routine"}

func (e *export) communication(one event, code, text string) fhir.Communication {
	told := fhir.Communication{Category: []fhir.Concept{fhir.Coded(fhir.SystemRetreat, code, text)}, Subject: e.subject(), Sent: fhir.Instant(one.At)}
	about := fmt.Sprintf("%s, about change %d of an alarm", text, one.Number)
	if w, change := e.windowOf(one.Number); w != nil {
		about = fmt.Sprintf("%s, about the alarm %s (change %d)", text, w.Code, one.Number)
		told.Priority = urgency[priorityOf(change)]
		told.About = []fhir.Reference{{Reference: fhir.URL(e.windowName(w))}}
		if w.Open && !e.over() { // it is in no bundle yet
			told.About = []fhir.Reference{fhir.Named("Observation", fhir.SystemRecord, e.windowName(w))}
		}
	}
	told.Payload = []fhir.Payload{{ContentString: about + ". " + Primary}}
	return told
}

// windowOf finds a transition and the window that it is of; nil if there is none.
func (e *export) windowOf(number int) (*window, event) {
	for i := range e.windows {
		for _, change := range e.windows[i].Changes {
			if change.Number == number {
				return &e.windows[i], change
			}
		}
	}
	return nil, event{}
}

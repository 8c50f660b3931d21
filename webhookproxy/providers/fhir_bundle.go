package providers

import (
	"encoding/json"
	"fmt"
)

// fhirBatch bounds the entries of a bundle; a server sets its own limit.
const fhirBatch = 1000

// fhirStatus is a SubscriptionStatus: the first entry of a bundle by which a
// topic's subscription (R5, and its backport to R4B) tells of its events.
type fhirStatus struct {
	Type         text `json:"type"`
	Subscription struct {
		Reference text `json:"reference"`
	} `json:"subscription"`
	Events []struct {
		Number text `json:"eventNumber"`
		Focus  struct {
			Reference text `json:"reference"`
		} `json:"focus"`
	} `json:"notificationEvent"`
}

// fhirBundle splits a bundle: by the numbered events of its status, or else by
// the resources in it. The handshake of a new subscription and its heartbeat
// have none.
func fhirBundle(body []byte) ([]Event, error) {
	var told struct {
		Entry []struct {
			Resource json.RawMessage `json:"resource"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return nil, errNotJSON
	}
	if len(told.Entry) > fhirBatch {
		return nil, fmt.Errorf("more than %d entries in one bundle", fhirBatch)
	}
	var events []Event
	for _, entry := range told.Entry {
		var resource fhirResource
		if !isObject(entry.Resource) || json.Unmarshal(entry.Resource, &resource) != nil {
			continue // only named, not sent
		}
		if resource.Type != "SubscriptionStatus" {
			events = append(events, resource.event(entry.Resource))
			continue
		}
		var status fhirStatus
		if err := json.Unmarshal(entry.Resource, &status); err != nil {
			return nil, errNotJSON
		}
		if status.Type == "handshake" || status.Type == "heartbeat" {
			return nil, nil
		}
		if len(status.Events) > 0 {
			return status.events(entry.Resource)
		}
	}
	return events, nil
}

// events names those without a number by the whole status.
func (s fhirStatus) events(raw []byte) ([]Event, error) {
	if len(s.Events) > fhirBatch {
		return nil, fmt.Errorf("more than %d events in one bundle", fhirBatch)
	}
	events := make([]Event, 0, len(s.Events))
	for _, one := range s.Events {
		number := idOr(one.Number, raw)
		events = append(events, Event{
			ID: digest(string(s.Subscription.Reference), number, string(one.Focus.Reference)), Type: string(s.Type),
		})
	}
	return events, nil
}

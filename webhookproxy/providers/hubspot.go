package providers

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"guestjourney/activities/options"
	"guestjourney/internal/verify"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

const hubSpotCreated = "contact.creation"

// hubSpotBatch is the most events that HubSpot puts into one post.
const hubSpotBatch = 100

// hubSpot: a list of events a post. A created contact goes to its claim, which
// reads the contact and decides; the event itself holds no address. Versions 1
// and 2 of the signature are off unless HUBSPOT_LEGACY_SECRETS is set: they sign
// no time, and since that can be set at any moment, repeats are always
// remembered as if it were.
func hubSpot(config Config) Provider {
	return Provider{
		Name: "hubspot", BodyLimit: 256 * kilobyte, Budget: 3500 * time.Millisecond, Remember: rememberUndated,
		Schemes: []Scheme{
			signs("HUBSPOT_CLIENT_SECRETS", verify.NewHubSpot).withURL(),
			signs("HUBSPOT_LEGACY_SECRETS", verify.NewHubSpotLegacy).withURL().undated().insteadOf("HUBSPOT_CLIENT_SECRETS"),
		},
		Types: []string{hubSpotCreated},
		Routes: []Route{{Path: "/webhooks/hubspot", Events: func(delivery Delivery) ([]Event, error) {
			return hubSpotEvents(delivery, config.Starts)
		}}},
	}
}

// hubSpotEvent is the part of an event that is read.
type hubSpotEvent struct {
	EventID        int64  `json:"eventId"`
	SubscriptionID int64  `json:"subscriptionId"`
	PortalID       int64  `json:"portalId"`
	OccurredAt     int64  `json:"occurredAt"` // milliseconds
	Type           string `json:"subscriptionType"`
	ObjectID       int64  `json:"objectId"`
	Property       string `json:"propertyName"`
}

func hubSpotEvents(delivery Delivery, starts *profile.StartRules) ([]Event, error) {
	var told []hubSpotEvent
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if len(told) > hubSpotBatch {
		return nil, fmt.Errorf("more than %d events in one post", hubSpotBatch)
	}
	events := make([]Event, 0, len(told))
	for _, one := range told {
		if one.PortalID <= 0 || one.Type == "" {
			return nil, errors.New("an event has no portalId or no subscriptionType")
		}
		events = append(events, one.event(starts))
	}
	return events, nil
}

// event joins everything that tells one event from another: HubSpot does not
// promise that eventId alone does. Texts are escaped, so that a slash in one
// moves nothing into the next.
func (h hubSpotEvent) event(starts *profile.StartRules) Event {
	portal, object := strconv.FormatInt(h.PortalID, 10), strconv.FormatInt(h.ObjectID, 10)
	kind, property := url.PathEscape(h.Type), url.PathEscape(h.Property)
	id := fmt.Sprintf("%s/%d/%s/%s/%s/%d/%d", portal, h.SubscriptionID, kind, object, property, h.OccurredAt, h.EventID)
	event := Event{Account: portal, ID: id, Type: h.Type}
	// Without rules no contact starts a journey, so there is nothing to ask a
	// claim: an import of a thousand contacts stays a thousand counted events.
	if h.Type != hubSpotCreated || starts == nil {
		return event
	}
	if h.ObjectID <= 0 {
		event.Foreign = true
		return event
	}
	event.Signal = &Signal{
		WorkflowID: "claim/hubspot/" + portal + "/contact/" + object, Name: kit.SignalContact,
		Fact: kit.Fact{
			ID: id, Provider: "hubspot", Type: h.Type, Object: object, OccurredAt: time.UnixMilli(h.OccurredAt).UTC(),
		},
		Start: &Start{
			WorkflowType: profile.ClaimType, TaskQueue: options.QueueJourneys,
			Input: profile.ClaimInput{Kind: profile.KindHubSpotContact, ObjectID: object, Portal: portal, Starts: starts},
		},
	}
	return event
}

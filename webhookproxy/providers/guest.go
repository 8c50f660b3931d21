package providers

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"guestjourney/internal/verify"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// guestKind is one thing that a guest does in the app or on the website.
type guestKind struct {
	name    string
	needs   []string // keys of data without which it means nothing
	mayHave []string
}

// The path is not part of what is signed. No two kinds accept the same data, so
// a signed event has a meaning at one path only.
var guestKinds = []guestKind{
	{name: journey.GuestIntake, needs: []string{"arrival"}},
	{name: journey.GuestConsent, needs: []string{"purpose", "granted"}, mayHave: []string{"version"}},
	{name: journey.GuestHealth, needs: []string{"ref", "complete"}},
	{name: journey.GuestPolicy, needs: []string{"version"}, mayHave: []string{"ip"}},
	{name: journey.GuestAnswer, needs: []string{"answer"}},
}

// guest: the guest's own app or website, one event a post, signed as Standard
// Webhooks says. It names the journey.
func guest(Config) Provider {
	provider := Provider{
		Name: "guest", BodyLimit: 64 * kilobyte, Budget: 5 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs("GUEST_WEBHOOK_SECRETS", verify.NewStandard)},
	}
	for _, kind := range guestKinds {
		provider.Types = append(provider.Types, kind.name)
		provider.Routes = append(provider.Routes, Route{Path: "/webhooks/guest/" + kind.name, Events: kind.events})
	}
	return provider
}

// guestEvent is the whole body: it is ours, so an unknown field is a mistake.
type guestEvent struct {
	// Kind may repeat the path inside what is signed.
	Kind       string            `json:"kind"`
	JourneyID  string            `json:"journeyId"`
	OccurredAt time.Time         `json:"occurredAt"`
	Data       map[string]string `json:"data"`
}

func (k guestKind) events(delivery Delivery) ([]Event, error) {
	var told guestEvent
	if err := parseKnown(delivery.Body, &told); err != nil {
		return nil, err
	}
	if told.Kind != "" && told.Kind != k.name {
		return nil, errors.New("kind: another one than the path says")
	}
	if !isTarget(told.JourneyID, prefixJourney) {
		return nil, fmt.Errorf("journeyId: want an ID that begins with %q", prefixJourney)
	}
	if told.OccurredAt.IsZero() {
		return nil, errors.New("occurredAt: want a time such as 2027-03-02T09:00:00Z")
	}
	if err := k.check(told.Data); err != nil {
		return nil, err
	}
	id := idOr(delivery.Header.Get(verify.StandardIDHeader), delivery.Body)
	return []Event{{ID: id, Type: k.name, Signal: &Signal{
		WorkflowID: told.JourneyID, Name: kit.SignalGuest,
		Fact: kit.Fact{ID: id, Provider: "guest", Type: k.name, OccurredAt: told.OccurredAt.UTC(), Data: told.Data},
	}}}, nil
}

func (k guestKind) check(data map[string]string) error {
	for _, key := range k.needs {
		if data[key] == "" {
			return fmt.Errorf("data.%s: missing", key)
		}
	}
	for key := range data {
		if !slices.Contains(k.needs, key) && !slices.Contains(k.mayHave, key) {
			return fmt.Errorf("data: %s takes %v and no other key", k.name, slices.Concat(k.needs, k.mayHave))
		}
	}
	return nil
}

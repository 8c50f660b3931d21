package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The kinds of the guest's webhooks, which the guest's app or the property's
// website would send.
const (
	guestIntake  = "intake"
	guestConsent = "consent"
	guestHealth  = "health_form"
	guestPolicy  = "policy_accepted"
	guestAnswer  = "offer_answer"
)

// SubmitIntake sends the intake form: arrival is a local date and time,
// "2027-03-02T15:00:00". Like all of the guest's actions it takes the journey's
// ID with or without "journey/" and returns the webhook's ID.
func (s *Server) SubmitIntake(journeyID, arrival string) (string, error) {
	return s.GuestEvent(guestIntake, journeyID, map[string]string{"arrival": arrival})
}

// Consent grants or withdraws a consent for a purpose.
func (s *Server) Consent(journeyID, purpose string, granted bool, version string) (string, error) {
	return s.GuestEvent(guestConsent, journeyID, map[string]string{"purpose": purpose, "granted": fmt.Sprint(granted), "version": version})
}

// SendHealthForm sends the questionnaire: the answers stay where they were
// given, the webhook carries their reference.
func (s *Server) SendHealthForm(journeyID, ref string) (string, error) {
	return s.GuestEvent(guestHealth, journeyID, map[string]string{"ref": ref, "complete": "true"})
}

// AcceptPolicy accepts the cancellation policy in the version that was shown.
func (s *Server) AcceptPolicy(journeyID, version, ip string) (string, error) {
	return s.GuestEvent(guestPolicy, journeyID, map[string]string{"version": version, "ip": ip})
}

// AnswerOffer answers the offer with "accepted" or "declined".
func (s *Server) AnswerOffer(journeyID, answer string) (string, error) {
	return s.GuestEvent(guestAnswer, journeyID, map[string]string{"answer": answer})
}

// GuestEvent sends any webhook of the guest, signed as Standard Webhooks asks.
func (s *Server) GuestEvent(kind, journeyID string, data map[string]string) (string, error) {
	if kind == "" || strings.ContainsAny(kind, "/?#") {
		return "", fmt.Errorf("sandbox: %q is no kind of a guest's event", kind)
	}
	if journeyID == "" {
		return "", fmt.Errorf("sandbox: a guest's event needs the journey's ID")
	}
	if !strings.HasPrefix(journeyID, "journey/") {
		journeyID = "journey/" + journeyID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := json.Marshal(map[string]any{"journeyId": journeyID, "occurredAt": s.now().Format(time.RFC3339Nano), "data": data})
	if err != nil {
		return "", fmt.Errorf("sandbox: encode a guest's event: %w", err)
	}
	id := "msg_" + randomText(24)
	s.enqueue(delivery{
		WebhookRecord: WebhookRecord{Provider: providerGuest, Type: kind, EventID: id, Body: string(body)},
		Target:        "/webhooks/guest/" + kind, ContentType: "application/json",
	})
	return id, s.commitLocked()
}

package providers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"time"

	"guestjourney/internal/verify"
)

const (
	zoomSecrets    = "ZOOM_WEBHOOK_SECRETS"
	zoomValidation = "endpoint.url_validation"
)

// zoom: one event a post. Zoom waits 3 seconds, and validates the URL when it
// is entered and every 72 hours.
func zoom(config Config) Provider {
	return Provider{
		Name: "zoom", BodyLimit: 256 * kilobyte, Budget: 2 * time.Second, Remember: rememberDay,
		Schemes: []Scheme{signs(zoomSecrets, verify.NewZoom)},
		Routes: []Route{{
			Path: "/webhooks/zoom", Events: one(zoomEvent.event),
			Handshake: func(_ context.Context, delivery Delivery) (*Answer, error) { return zoomValidated(config, delivery) },
		}},
	}
}

// zoomEvent is the part of an event that is read.
type zoomEvent struct {
	Event   text `json:"event"`
	EventTS text `json:"event_ts"`
	Payload struct {
		AccountID  text `json:"account_id"`
		PlainToken text `json:"plainToken"`
		Object     struct {
			ID          text `json:"id"`
			UUID        text `json:"uuid"`
			Participant struct {
				UserID text `json:"user_id"`
				UUID   text `json:"participant_uuid"`
			} `json:"participant"`
		} `json:"object"`
	} `json:"payload"`
}

// event: two people may join a meeting in one millisecond, so the participant
// is part of the ID.
func (z zoomEvent) event(delivery Delivery) Event {
	event := Event{Account: string(z.Payload.AccountID), Type: string(z.Event), ID: content(delivery.Body)}
	object := z.Payload.Object
	if z.EventTS != "" && (object.UUID != "" || object.ID != "") {
		event.ID = digest(string(z.Event), string(object.UUID), string(object.ID), string(z.EventTS),
			string(object.Participant.UUID), string(object.Participant.UserID))
	}
	return event
}

// zoomToken has no colon: the answer is a signature by the secret of the
// webhooks, and "v0:<time>:<body>" would be that of an event.
var zoomToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// zoomValidated proves to Zoom that we know the secret, the one with which this
// very delivery was verified.
func zoomValidated(config Config, delivery Delivery) (*Answer, error) {
	var told zoomEvent
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if told.Event != zoomValidation {
		return nil, nil
	}
	plain := string(told.Payload.PlainToken)
	if !zoomToken.MatchString(plain) {
		return nil, errors.New("payload.plainToken: want 1 to 64 letters, digits, - and _")
	}
	for _, secret := range config.secrets(zoomSecrets) {
		if delivery.Match.KeyID != "" && verify.KeyID(secret) == delivery.Match.KeyID {
			answer := jsonAnswer(map[string]any{"plainToken": plain, "encryptedToken": zoomMAC(secret, plain)})
			return &answer, nil
		}
	}
	return nil, verify.ErrNoSecret // retired since the delivery was verified
}

func zoomMAC(secret, plain string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(plain))
	return hex.EncodeToString(mac.Sum(nil))
}

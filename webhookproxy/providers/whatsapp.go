package providers

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guestjourney/internal/verify"
)

// whatsAppBatch is the most updates that Meta puts into one post.
const whatsAppBatch = 1000

// dialog360Header is the static header to set together with the webhook's URL
// of a direct client of 360dialog: those get no signature at all.
const dialog360Header = "X-Webhook-Token"

// whatsApp: Meta's Cloud API, alone or through 360dialog, which hands the same
// bodies on. Neither signs a time. Meta tries the address out with a GET;
// 360dialog does not.
func whatsApp(config Config) Provider {
	asked := tryout{
		variable: "META_VERIFY_TOKENS", token: "hub.verify_token", challenge: "hub.challenge",
		answer: func(challenge string) Answer { return Answer{ContentType: plainText, Body: challenge} },
	}
	return Provider{
		Name: "whatsapp", BodyLimit: 3 * megabyte, Budget: 5 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{
			signs("META_APP_SECRETS", verify.NewMeta).undated(),
			signs("DIALOG360_PARTNER_SECRETS", verify.New360Dialog).undated(),
			bears("DIALOG360_TOKENS", dialog360Header),
		},
		Tokens: []string{asked.variable},
		Routes: []Route{{Path: "/webhooks/whatsapp", Events: whatsAppEvents, Challenge: asked.with(config)}},
	}
}

// whatsAppPost is the part of a post that is read: accounts, and what changed
// in each.
type whatsAppPost struct {
	Entry []struct {
		ID      text              `json:"id"`
		Time    text              `json:"time"`
		Changes []json.RawMessage `json:"changes"`
	} `json:"entry"`
}

type whatsAppChange struct {
	Field text `json:"field"`
	Value struct {
		Metadata struct {
			PhoneNumberID text `json:"phone_number_id"`
		} `json:"metadata"`
		Messages []struct {
			ID   text `json:"id"`
			Type text `json:"type"`
		} `json:"messages"`
		Statuses []struct {
			ID        text `json:"id"`
			Status    text `json:"status"`
			Timestamp text `json:"timestamp"`
		} `json:"statuses"`
	} `json:"value"`
}

func whatsAppEvents(delivery Delivery) ([]Event, error) {
	var told whatsAppPost
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	if len(told.Entry) == 0 {
		return nil, errors.New("the post has no entry")
	}
	var events []Event
	for _, entry := range told.Entry {
		for _, raw := range entry.Changes {
			found, err := whatsAppChanged(raw)
			if err != nil {
				return nil, err
			}
			if found == nil { // about the account, a template, an error: no ID
				found = []Event{{
					Account: string(entry.ID), ID: digest("change", string(entry.ID), string(entry.Time), content(raw)), Type: "change",
				}}
			}
			if events = append(events, found...); len(events) > whatsAppBatch {
				return nil, fmt.Errorf("more than %d updates in one post", whatsAppBatch)
			}
		}
	}
	return events, nil
}

// whatsAppChanged splits one change. The IDs of messages are hashed: they hold
// the guest's number in base64. "delivered" may come after "read".
func whatsAppChanged(raw json.RawMessage) ([]Event, error) {
	var change whatsAppChange
	if err := json.Unmarshal(raw, &change); err != nil {
		return nil, errNotJSON
	}
	account := string(change.Value.Metadata.PhoneNumberID)
	var events []Event
	for _, message := range change.Value.Messages {
		if message.ID == "" {
			return nil, errors.New("a message has no id")
		}
		events = append(events, Event{Account: account, ID: digest("message", string(message.ID)), Type: "message." + string(message.Type)})
	}
	for _, status := range change.Value.Statuses {
		if status.ID == "" {
			return nil, errors.New("a status has no id")
		}
		events = append(events, Event{
			Account: account, ID: digest("status", string(status.ID), string(status.Status), string(status.Timestamp)), Type: "status." + string(status.Status),
		})
	}
	return events, nil
}

package providers

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guestjourney/internal/verify"
)

// mixpanelBatch is the most members on one page.
const mixpanelBatch = 1000

// mixpanel: one page of a cohort's members a post, about every 30 minutes. The
// answer must say the action back. Who is a member is not read: it is personal.
func mixpanel(Config) Provider {
	return Provider{
		Name: "mixpanel", BodyLimit: megabyte, Budget: 8 * time.Second, Remember: rememberUndated,
		Schemes: []Scheme{signs("MIXPANEL_CREDENTIALS", verify.NewBasic).unsigned("the sender offers Basic authentication, and no signature")},
		Routes:  []Route{{Path: "/webhooks/mixpanel", Events: mixpanelEvents, Reply: mixpanelReply}},
	}
}

// mixpanelPage is the part of a page that is read.
type mixpanelPage struct {
	Action     text `json:"action"`
	Parameters struct {
		ProjectID text              `json:"mixpanel_project_id"`
		SessionID text              `json:"mixpanel_session_id"`
		Page      json.RawMessage   `json:"page_info"`
		Members   []json.RawMessage `json:"members"`
	} `json:"parameters"`
}

// mixpanelAction is what may be said back.
func mixpanelAction(action text) (string, bool) {
	switch action {
	case "members", "add_members", "remove_members":
		return string(action), true
	}
	return "", false
}

func mixpanelEvents(delivery Delivery) ([]Event, error) {
	var told mixpanelPage
	if err := parse(delivery.Body, &told); err != nil {
		return nil, err
	}
	action, known := mixpanelAction(told.Action)
	if !known {
		return nil, errors.New("action: want members, add_members or remove_members")
	}
	if len(told.Parameters.Members) > mixpanelBatch {
		return nil, fmt.Errorf("more than %d members on one page", mixpanelBatch)
	}
	event := Event{Account: string(told.Parameters.ProjectID), Type: action, ID: content(delivery.Body)}
	if told.Parameters.SessionID != "" && len(told.Parameters.Page) > 0 {
		event.ID = digest(string(told.Parameters.SessionID), action, content(told.Parameters.Page))
	}
	return []Event{event}, nil
}

func mixpanelReply(delivery Delivery) Answer {
	var told mixpanelPage
	action := ""
	if json.Unmarshal(delivery.Body, &told) == nil {
		action, _ = mixpanelAction(told.Action)
	}
	return jsonAnswer(map[string]any{"action": action, "status": "success"})
}

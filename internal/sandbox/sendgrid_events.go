package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

var mailEvents = []string{"processed", "deferred", "delivered", "bounce", "dropped", "open", "click", "spamreport", "unsubscribe"}

// sendgridEvents queues one post with an item for each event and recipient, as
// SendGrid does: an array that ends with CR LF, which is signed too.
func (s *Server) sendgridEvents(mail sentMail, kinds []string, reason string) {
	var items []map[string]any
	var ids []string
	for _, to := range mail.To {
		for _, kind := range kinds {
			item := map[string]any{}
			for name, value := range mail.Arguments {
				item[name] = value
			}
			id := randomText(22)
			item["email"], item["timestamp"], item["event"] = to, s.now().Unix(), kind
			item["sg_event_id"], item["sg_message_id"], item["smtp-id"] = id, fullMessageID(mail), "<"+mail.ID+"@sandbox>"
			switch kind {
			case "delivered":
				item["response"] = "250 OK"
			case "bounce", "dropped", "deferred":
				item["reason"] = reason
			}
			items, ids = append(items, item), append(ids, id)
		}
	}
	body, err := json.Marshal(items)
	if err != nil {
		panic("sandbox: a SendGrid event cannot be JSON: " + err.Error()) // our own types: a bug
	}
	s.enqueue(delivery{
		WebhookRecord: WebhookRecord{Provider: providerSendGrid, Type: strings.Join(kinds, ","), EventID: strings.Join(ids, ","), Body: string(body) + "\r\n"},
		Target:        "/webhooks/sendgrid", ContentType: "application/json", NextAt: s.now().Add(s.config.StatusGap),
	})
}

// EmailEvent sends an event of a mail, such as "bounce" with a reason.
func (s *Server) EmailEvent(messageID, kind, reason string) error {
	if !slices.Contains(mailEvents, kind) {
		return fmt.Errorf("sandbox: unknown event %q of a mail; known: %v", kind, mailEvents)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	mail, found := s.sendgrid.mails.get(messageID)
	if !found {
		return fmt.Errorf("%w: mail", ErrNotFound)
	}
	switch kind {
	case "delivered":
		mail.Status = "delivered"
	case "bounce", "dropped":
		mail.Status = "not_delivered"
	}
	s.sendgrid.mails.put(mail.ID, mail)
	s.sendgridEvents(mail, []string{kind}, reason)
	return s.commitLocked()
}

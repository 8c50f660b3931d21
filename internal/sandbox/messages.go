package sandbox

import (
	"regexp"
	"slices"
	"time"
)

// Message is a text or mail that somebody received, or a call with what was said.
type Message struct {
	Channel   string    `json:"channel"` // "sms", "email" or "voice"
	ID        string    `json:"id"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Subject   string    `json:"subject,omitempty"`
	Body      string    `json:"body"`
	Links     []string  `json:"links"`
	Status    string    `json:"status"`
	EffectKey string    `json:"effectKey"`
	At        time.Time `json:"at"`
}

// MessageFilter narrows messages; empty fields match everything.
type MessageFilter struct {
	Channel string
	To      string
}

var link = regexp.MustCompile(`https?://[^\s"'<>]+[^\s"'<>.,;:!?)]`)

// Messages returns what was sent, the oldest first.
func (s *Server) Messages(filter MessageFilter) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Message{}
	add := func(message Message) {
		if (filter.Channel == "" || filter.Channel == message.Channel) && (filter.To == "" || filter.To == message.To) {
			message.Links = append([]string{}, link.FindAllString(message.Body, -1)...)
			found = append(found, message)
		}
	}
	for text := range s.twilio.messages.all() {
		if text.Direction == twilioOutbound {
			add(Message{Channel: "sms", ID: text.SID, From: text.From, To: text.To, Body: text.Body, Status: text.Status, EffectKey: text.EffectKey, At: text.CreatedAt})
		}
	}
	for placed := range s.twilio.calls.all() {
		add(Message{Channel: "voice", ID: placed.SID, From: placed.From, To: placed.To, Body: spokenWords(placed.Twiml), Status: "queued", EffectKey: placed.EffectKey, At: placed.CreatedAt})
	}
	for mail := range s.sendgrid.mails.all() {
		for _, to := range mail.To {
			add(Message{Channel: "email", ID: mail.ID, From: mail.From, To: to, Subject: mail.Subject, Body: firstOf(mail.Body, mail.HTML), Status: mail.Status, EffectKey: mail.Arguments["op_id"], At: mail.CreatedAt})
		}
	}
	slices.SortStableFunc(found, func(a, b Message) int { return a.At.Compare(b.At) })
	return found
}

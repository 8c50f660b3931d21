package worldtest

import "time"

// Sent is one message that went out.
type Sent struct {
	At      time.Time
	Channel string
	Words   string // the text, or the mail's subject
}

// sent notes a message; the world is locked.
func (w *World) sent(channel, words string) {
	w.Sent = append(w.Sent, Sent{At: w.Now().UTC(), Channel: channel, Words: words})
}

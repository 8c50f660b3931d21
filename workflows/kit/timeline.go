package kit

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Line is one entry of the timeline. Text holds no name, address or health data.
type Line struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"` // "stage", "step", "fact", "command", "deadline", "attention"
	Text  string    `json:"text"`
	Actor string    `json:"actor,omitempty"`
	// Reason is why, as the operator wrote it; it stays inside the encryption.
	Reason string `json:"reason,omitempty"`
}

// Note adds a line to the timeline; the oldest of more than 200 go.
func (c *Core) Note(ctx workflow.Context, kind, text string) {
	c.addLine(Line{At: workflow.Now(ctx).UTC(), Kind: kind, Text: text})
}

func (c *Core) addLine(line Line) {
	c.common.Timeline = keepLast(append(c.common.Timeline, line), maxTimeline)
}

func keepLast[T any](items []T, limit int) []T {
	if len(items) <= limit {
		return items
	}
	return append([]T(nil), items[len(items)-limit:]...)
}

// Raise adds a reason for attention, once, and notes it.
func (c *Core) Raise(ctx workflow.Context, reason string) {
	for _, known := range c.common.Attention {
		if known == reason {
			return
		}
	}
	c.common.Attention = append(c.common.Attention, reason)
	c.Note(ctx, "attention", reason)
}

// Settle removes a reason for attention.
func (c *Core) Settle(reason string) {
	kept := c.common.Attention[:0]
	for _, known := range c.common.Attention {
		if known != reason {
			kept = append(kept, known)
		}
	}
	c.common.Attention = kept
}

package follow

import (
	"fmt"
	"time"

	"guestjourney/starter/calls"
)

// Kinds of changes that are no lines of a workflow's timeline; those keep
// their own kind: "stage", "command", "deadline", "fact", "step".
const (
	KindStage     = "stage"
	KindWaits     = "waits"
	KindMoney     = "money"
	KindAttention = "attention" // a reason more
	KindSettled   = "settled"   // a reason less
	KindControl   = "control"
	KindCall      = "call"
	KindNotice    = "notice" // about the following itself
	KindClosed    = "closed" // the last change
)

// Change is one thing that happened.
type Change struct {
	At       time.Time   `json:"at"`
	Workflow string      `json:"workflowId"`
	Kind     string      `json:"kind"`
	Text     string      `json:"text"`
	Actor    string      `json:"actor,omitempty"`
	Call     *calls.Call `json:"call,omitempty"` // only of kind "call"
}

// callText says how a call stands: "payments.OpenCheckout (payment page:
// deposit) done in 0.4 s".
func callText(call calls.Call) string {
	text := call.Activity
	if call.Summary != "" {
		text += " (" + call.Summary + ")"
	}
	text += " " + string(call.Status)
	if !call.Ended.IsZero() {
		text += fmt.Sprintf(" in %.1f s", call.Ended.Sub(call.At).Seconds())
	}
	if call.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", call.Attempt)
	}
	if call.Error != "" {
		text += ": " + call.Error
	}
	return text
}

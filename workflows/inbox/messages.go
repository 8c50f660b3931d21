package inbox

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

// Type is the registered workflow type; its ID is made by ID.
const Type = "InboundEvent"

// prefix begins the IDs of this type.
const prefix = "inbound/"

// ID is the workflow ID of an event: one event, one workflow. event is the
// event's key in hex.
func ID(provider, event string) string { return prefix + provider + "/" + event }

// Names of the updates besides hold and release.
const (
	UpdateRoute   = "route"   // a Route
	UpdateRetry   = "retry"   // a kit.Envelope
	UpdateDiscard = "discard" // a kit.Envelope
)

// QueryExplain answers why the event waits: an Explanation.
const QueryExplain = "explain"

// Attention is the reason for attention of an event that has waited for long.
const Attention = "unrouted"

// Input starts an InboundEvent.
type Input struct {
	Provider string `json:"provider"` // a code, such as "stripe"
	Type     string `json:"type"`     // the provider's event type
	// Account is the provider's account that the event belongs to.
	Account string `json:"account,omitempty"`
	Event   string `json:"event"` // the event's key, 32 to 128 hex digits
	// Target is the workflow that the event names, Signal what it takes the fact by.
	Target     string    `json:"target"`
	Signal     string    `json:"signal"`
	Fact       kit.Fact  `json:"fact"`
	ReceivedAt time.Time `json:"receivedAt"`
	// Start begins the target if it is absent; nil waits for it.
	Start *kit.Start `json:"start,omitempty"`
	// Term is how long the event waits, from the start of this workflow; default
	// 30 days.
	Term options.Duration `json:"term,omitempty"`
	// Pace says how often the target is looked for (RetryFirst, default 15 s,
	// doubling to RetryMax, default 1 h) and when a person is asked
	// (AttentionAfter, default 15 min).
	Pace  options.Pace `json:"pace,omitzero"`
	Test  bool         `json:"test,omitempty"`
	State *State       `json:"state,omitempty"` // only continue-as-new sets it
}

// Summary is one line that tells events apart in a list: codes only.
func (i Input) Summary() string { return i.Provider + " " + i.Type }

// Route is the input of the update "route".
type Route struct {
	kit.Envelope
	// Target is another workflow that shall have the fact; empty means the one
	// that the event names. One that does not take it changes nothing.
	Target string `json:"target,omitempty"`
}

// Result is what a closed event returns.
type Result struct {
	Stage string `json:"stage"`
	// Target is who took the fact, or who was looked for.
	Target string `json:"target"`
	Tries  int    `json:"tries"`
}

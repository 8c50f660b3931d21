package inbox

import (
	"time"

	"guestjourney/workflows/kit"
)

// Stages of an event.
const (
	StageWaiting   = "waiting"
	StageRouted    = "routed"    // a workflow has taken the fact
	StageDiscarded = "discarded" // a person gave it up
	StageExpired   = "expired"   // nobody took it within its term
)

// State is what an event knows; it is also its continue-as-new input.
type State struct {
	Common kit.Common `json:"common"`
	Stage  string     `json:"stage"`
	Since  time.Time  `json:"since"`
	// Target is the workflow that is looked for, or that took the fact.
	Target  string    `json:"target"`
	Tries   int       `json:"tries"`
	LastTry time.Time `json:"lastTry,omitzero"`
	NextTry time.Time `json:"nextTry,omitzero"` // zero: at once
	// Round counts the tries since the pauses between them began anew.
	Round int `json:"round,omitempty"`
	// Asked are commands that the loop has yet to obey, oldest first.
	Asked []Ask `json:"asked,omitempty"`
}

// Ask is a command that waits to be obeyed.
type Ask struct {
	Command string `json:"command"` // the update's name
	// ID is the command's; empty means Temporal's own Cancel.
	ID     string `json:"id,omitempty"`
	Target string `json:"target,omitempty"` // route
}

package session

import (
	"time"

	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

// Type is the registered workflow type; it is served on options.QueueSessions.
const Type = "SessionMonitor"

// IDPrefix begins the workflow ID of a SessionMonitor.
const IDPrefix = "session/"

const (
	// SignalTransition carries a Transition from the telemetry process.
	SignalTransition = "alarm_transition"
	// SignalUpdate is what a session sends to Input.Notify: an Update.
	SignalUpdate = "session_update"
)

// Names of the updates.
const (
	UpdateAcknowledge  = "acknowledge"   // an Acknowledge
	UpdateDecline      = "decline"       // a Decline
	UpdatePauseAudio   = "pause_audio"   // a PauseAudio
	UpdateHandOver     = "hand_over"     // a HandOver
	UpdateAssignDevice = "assign_device" // an AssignDevice
	UpdateEnd          = "end"           // a kit.Envelope
)

// Reasons for attention. They are shown in clear, and name no alarm.
const (
	// AttentionUnanswered: the failsafe recipient was paged about a critical alarm,
	// and nobody has acknowledged it yet.
	AttentionUnanswered = "alarm_unanswered"
	// AttentionNoLadder: it cannot be read whom to page; the ladder that was known
	// last serves, if there is one.
	AttentionNoLadder = "no_ladder"
	// AttentionGap: a transition came before one with a lower number.
	AttentionGap = "number_gap"
	// AttentionUnusable: a transition says what no transition can.
	AttentionUnusable = "unusable_transition"
	// AttentionOverdue: the session has run to its latest end.
	AttentionOverdue = "session_overdue"
)

// Priority is how urgent an alarm is. Warning and critical are what IEC 60601-1-8
// calls medium and high.
type Priority string

// Priorities.
const (
	Low      Priority = "low"
	Warning  Priority = "warning"
	Critical Priority = "critical"
)

// Change is what happened to an alarm.
type Change string

// Changes. An alarm eases when its critical condition has ended and its warning
// condition lasts.
const (
	Raised    Change = "raised"
	ReRaised  Change = "re-raised"
	Escalated Change = "escalated"
	Eased     Change = "eased"
	Cleared   Change = "cleared"
)

// Transition is one change of one alarm.
type Transition struct {
	Number   int       `json:"number"` // in the session, from 1, without a gap
	Alarm    string    `json:"alarm"`  // the same for every time it is raised
	Code     string    `json:"code"`   // what a page says of it: "HR-LOW"
	Origin   string    `json:"origin"` // "physiological", "technical" or "monitor"
	Change   Change    `json:"change"`
	Priority Priority  `json:"priority"`          // after the change; when cleared, the one before
	Episode  int       `json:"episode"`           // how many times it was raised by now, from 1
	At       time.Time `json:"at"`                // when it was found
	PageKey  string    `json:"pageKey,omitempty"` // what every page about it is known by, whoever makes it
}

// Acknowledge is the input of the update "acknowledge": somebody sees to the alarm.
type Acknowledge struct {
	kit.Envelope
	Alarm string `json:"alarm"`
	// Number is the last transition of the alarm that the person has seen: an
	// alarm that has called again since is not acknowledged. 0 means whatever it
	// is now.
	Number int `json:"number,omitempty"`
}

// Decline is the input of the update "decline": a person who was paged cannot
// come, and the ladder climbs at once.
type Decline struct {
	kit.Envelope
	Alarm  string `json:"alarm"`
	Person string `json:"person"` // a code of the staff file
}

// PauseAudio is the input of the update "pause_audio": silence in the room and in
// the live view, for every alarm that is not more urgent than those that sound
// now. Pages go on: who only wants silence has not said that they see to it.
type PauseAudio struct {
	kit.Envelope
	// For is at most MaxAudioPause, which is the default.
	For options.Duration `json:"for,omitempty"`
}

// HandOver is the input of the update "hand_over".
type HandOver struct {
	kit.Envelope
	To string `json:"to"` // who is responsible from now on: a code of the staff file
}

// AssignDevice is the input of the update "assign_device".
type AssignDevice struct {
	kit.Envelope
	Device string `json:"device"` // whose readings are those of this session from now on
}

// Kinds of an Update.
const (
	KindStarted  = "started"
	KindCritical = "critical_alarm"
	KindEnded    = "ended"
)

// Update is what a session tells its journey.
type Update struct {
	Session string    `json:"session"` // the workflow's ID
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	// Number is the transition of a critical alarm.
	Number int `json:"number,omitempty"`
	// How the session ended, and how many critical alarms it had.
	How       string `json:"how,omitempty"`
	Criticals int    `json:"criticals,omitempty"`
	// Record is where the written record is.
	Record string `json:"record,omitempty"`
}

// How a session ends.
const (
	ByCommand   = "command"
	ByLatestEnd = "latest_end"
	ByCancel    = "cancel" // Temporal's own
)

// Result is what a closed session returns.
type Result struct {
	Stage string `json:"stage"`
	How   string `json:"how"`
	// Transitions, and how many of them began a critical alarm.
	Transitions int `json:"transitions"`
	Criticals   int `json:"criticals"`
	Pages       int `json:"pages"`
	// Missing are the numbers that never came.
	Missing []Gap `json:"missing,omitempty"`
	// Record is where the written record is.
	Record string `json:"record,omitempty"`
}

package session

import "time"

// Record is what the workflow knows of a session, for its written record: who
// was told of an alarm, and who saw to it. What the monitor sent is in the
// readings store.
type Record struct {
	Session     string    `json:"session"` // the workflow's ID
	GuestRef    string    `json:"guestRef"`
	Room        string    `json:"room"`
	Device      string    `json:"device"` // the last one
	Protocol    Protocol  `json:"protocol"`
	QTcBaseline float64   `json:"qtcBaseline,omitempty"` // ms; 0 is unknown
	StartedAt   time.Time `json:"startedAt"`
	// EndedAt is zero while the session lasts, and How says what ended it.
	EndedAt time.Time `json:"endedAt,omitzero"`
	How     string    `json:"how,omitempty"`
	Log     []Entry   `json:"log"` // in the order of time
}

// Entry is one line of a record's log.
type Entry struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	// Number is the transition that it is about; 0 is none.
	Number int `json:"number,omitempty"`
	// Person is a code of the staff file: who was paged, or who gave a command.
	Person  string `json:"person,omitempty"`
	Role    string `json:"role,omitempty"`
	Channel string `json:"channel,omitempty"` // of a page
	Outcome string `json:"outcome,omitempty"` // of a page
	// Detail is a code: of an outcome, a device, a person.
	Detail string `json:"detail,omitempty"`
}

// Kinds of an Entry.
const (
	EntryStarted      = "started"
	EntryAssigned     = "assigned" // Detail is the device
	EntryPage         = "page"     // Outcome is what became of it
	EntryAcknowledged = "acknowledged"
	EntryDeclined     = "declined"
	EntryAudioPaused  = "audio_paused"
	EntryHandedOver   = "handed_over" // Detail is who is responsible from then on
	EntrySilent       = "silent"      // nobody watched the readings
	EntryWatched      = "watched"     // somebody does again
	EntryEnded        = "ended"
)

const (
	// WatchActivity is the ID of the activity that the telemetry process keeps
	// alive by its heartbeats, as long as it watches the session.
	WatchActivity = "watch"
	// SignalWatched says that the telemetry process watches the session again: a
	// Watched. It is sent when no activity takes a heartbeat.
	SignalWatched = "watched"
)

// Watched is the content of SignalWatched.
type Watched struct{}

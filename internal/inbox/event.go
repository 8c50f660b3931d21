package inbox

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Key names an event for good: SHA-256 over what its sender calls it.
type Key [32]byte

// String is the key in hex: 64 characters, as the CLI shows and takes it.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// ParseKey reads a key in the form of String.
func ParseKey(text string) (Key, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(Key{}) {
		return Key{}, fmt.Errorf("%.80q is not an event key: want 64 hexadecimal digits, as `starter inbox list` shows them", text)
	}
	return Key(raw), nil
}

// State is where an event stands.
type State string

// States of an event in the inbox.
const (
	Waiting State = "waiting" // will be handed to Temporal
	Dead    State = "dead"    // a dead letter: stays until it is revived or purged
)

// Event is what Add takes. All of it but the payload is stored in clear.
type Event struct {
	Key        Key
	RequestID  string // what Temporal knows the signal by
	Provider   string
	Account    string
	Type       string
	WorkflowID string    // names the queue; may be empty for a dead letter only
	EventTime  time.Time // the provider's; zero means ReceivedAt. Kept to the microsecond
	ReceivedAt time.Time // zero means now
	Payload    []byte    // sealed before it is stored

	// DeadReason, a code word, makes Add store a dead letter: a verified event
	// that nothing can be made of.
	DeadReason string
}

// Entry is a stored event without its payload.
type Entry struct {
	Event
	State    State
	Sequence int64  // grows in the order of arrival
	Attempts int    // leases so far; back to 0 when revived
	Reason   string // code word of the last Defer or Bury; empty if there was none

	// NextAttempt is when the queue of the workflow is due next: the event's own
	// next try if it is the head, the earliest possible one if it is not. While
	// Leased, it is when the lease ends. Zero for a dead letter.
	NextAttempt time.Time
	Leased      bool // some proxy has an event of this workflow in its hands
}

// Lease is one event to hand to Temporal now, payload included. It ends with
// Done, Defer or Bury, or by itself at Until.
type Lease struct {
	Entry
	Until time.Time
	token string
}

// Seen is a key to remember. Keys of events in the inbox need no remembering.
type Seen struct {
	Key   Key
	Until time.Time
}

// maxText bounds each clear field, in bytes: Temporal's own limit of an ID.
const maxText = 1000

var codeWord = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// check finds what a database would refuse, or what would stop a queue, before
// the event shares a transaction with others.
func (e Event) check() error {
	fields := []struct{ name, value string }{
		{"RequestID", e.RequestID}, {"Provider", e.Provider}, {"Account", e.Account},
		{"Type", e.Type}, {"WorkflowID", e.WorkflowID},
	}
	for _, field := range fields {
		if err := checkText(e.Key, field.name, field.value); err != nil {
			return err
		}
	}
	if e.Key == (Key{}) || e.RequestID == "" || e.Provider == "" {
		return fmt.Errorf("inbox: event %s: Key, RequestID and Provider must be set", e.Key)
	}
	if e.DeadReason != "" {
		return checkReason(e.DeadReason)
	}
	if e.WorkflowID == "" {
		return fmt.Errorf("inbox: event %s: WorkflowID is empty; only a dead letter has none (DeadReason)", e.Key)
	}
	return nil
}

func checkText(key Key, field, value string) error {
	if len(value) > maxText || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return fmt.Errorf("inbox: event %s: %s: want UTF-8 of at most %d bytes without NUL", key, field, maxText)
	}
	return nil
}

// checkReason keeps texts of errors, which may quote a guest, out of the clear.
func checkReason(reason string) error {
	if !codeWord.MatchString(reason) {
		return fmt.Errorf("inbox: a reason is a code word of up to 64 of a-z, 0-9 and '_', not a text (%d bytes)", len(reason))
	}
	return nil
}

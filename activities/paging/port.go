// Package paging is the port for paging staff during a session.
//
// Called by SessionMonitor. It knows people by opaque codes only ("p-ana"): who
// is on duty and where they are reached is read from the staff file inside the
// activity, so that no number enters a history. It promises that a page says
// nothing beyond room, priority and a code, that it waits for no quiet hours and
// asks for no opt-out, and that it is made at least once: a page whose fate is
// unknown is made again. Two pages are allowed, none is not; both carry the
// reference of their key, by which a person sees that they are one.
package paging

import (
	"context"
	"time"

	"guestjourney/activities/options"
)

// Channel is a way to a person.
type Channel string

// The channels. E-mail is the slowest: for whoever has nothing better, and for
// the record.
const (
	SMS   Channel = "sms"
	Voice Channel = "voice"
	Email Channel = "email"
)

// Channels lists them all.
func Channels() []Channel { return []Channel{SMS, Voice, Email} }

// Page asks for one page to one person.
type Page struct {
	Session  string `json:"session"`  // the workflow's ID
	Room     string `json:"room"`     // a short label: "3"
	Priority string `json:"priority"` // HIGH, MEDIUM or LOW
	Code     string `json:"code"`     // of the alarm: "HR-LOW"
	// Key names what is paged about: one transition of an alarm. Whoever pages
	// about it uses the same. Empty is the effect's own key.
	Key string `json:"key,omitempty"`
	// Transition is the number of the alarm's transition, for whoever found it, who
	// is told whenever a provider has a page about it: one that was not heard of
	// leaves them paging by themselves until the next. 0 is none.
	Transition int     `json:"transition,omitempty"`
	Person     string  `json:"person"` // a code of the staff file
	Channel    Channel `json:"channel"`
}

// Reasons of an undeliverable page that are ours; any other is the provider's
// code.
const (
	NoRoute   = "no_route"   // the person is not, or no longer, reached this way
	NoChannel = "no_channel" // this worker has no such channel
)

// Receipt is what became of a page.
type Receipt struct {
	ID string `json:"id,omitempty"` // the provider's
	// HandedAt is when the provider had it.
	HandedAt time.Time `json:"handedAt,omitzero"`
	// Undeliverable: this person is not reached this way, and no further try
	// helps. Not an error: the ladder goes on at once.
	Undeliverable bool   `json:"undeliverable,omitempty"`
	Reason        string `json:"reason,omitempty"` // of an undeliverable one, a code
}

// LadderRequest asks who is to be paged about an alarm.
type LadderRequest struct {
	At time.Time `json:"at"`
}

// Ladder is whom to page, rung by rung: the first on duty, the second, all on
// duty and a physician, the failsafe recipient. No rung is empty, and the last
// is always the failsafe.
type Ladder struct {
	Rungs []Rung `json:"rungs"`
}

// Rung is who is paged at the same time.
type Rung struct {
	Contacts []Contact `json:"contacts"`
}

// Contact is a person with the channels by which to try them, in order.
type Contact struct {
	Person   string    `json:"person"`
	Channels []Channel `json:"channels"`
}

// Rota knows who is on duty and where people are reached.
type Rota interface {
	// Ladder is whom to page at an instant.
	Ladder(at time.Time) Ladder
	// Route is a person's address on a channel: E.164, or an e-mail address.
	Route(person string, channel Channel) (address string, known bool)
}

// Outbox is where the transitions wait that somebody is to be paged for: without a
// word within 3 s, whoever found them pages about them itself.
type Outbox interface {
	// Handed says that a provider has the page about a transition.
	Handed(ctx context.Context, session string, number int, at time.Time) error
}

// Notice is a page as an adapter sends it.
type Notice struct {
	Session, Room, Priority, Code, Key string
	// To is where Channel reaches the person.
	To      string
	Channel Channel
}

// Pager pages on one channel or several. Errors are *failure.Error.
type Pager interface {
	// Page pages once, without looking whether it has before: at least once.
	Page(context.Context, options.Effect, Notice) (Receipt, error)
}

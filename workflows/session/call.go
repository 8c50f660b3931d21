package session

import (
	"fmt"
	"time"

	"guestjourney/activities/paging"
)

// rungAfter is how long each rung has before the next one is paged: the ladder
// stands at 0, 30, 60 and 120 s. Longer ladders go on at the last step.
var rungAfter = []time.Duration{30 * time.Second, 30 * time.Second, time.Minute}

// Realarm is when an alarm calls again while its condition lasts: after the
// acknowledgement, or after its ladder was climbed in vain. Monitors use 2 or 3
// minutes; the longer one, because an alarm that calls people who are already at
// the bed teaches them not to listen.
const Realarm = 3 * time.Minute

// Call is how people are called to an alarm: the ladder as far as it was climbed.
type Call struct {
	ID int `json:"id,omitempty"` // in the session; 0: there is none
	// Priority at which people are called: critical stays so until somebody
	// acknowledges it, though the condition may ease.
	Priority Priority `json:"priority,omitempty"`
	About    Notice   `json:"about,omitzero"`
	// Fresh are those of which nobody has been paged yet.
	Fresh []Notice `json:"fresh,omitempty"`
	Rung  int      `json:"rung,omitempty"` // rungs that were paged
	// Through: the failsafe recipient was paged.
	Through bool `json:"through,omitempty"`
	// Pushed: the last rung was in vain, and the next one is due whatever the
	// priority.
	Pushed   bool     `json:"pushed,omitempty"`
	Declined []string `json:"declined,omitempty"` // who cannot come
	// Due is the instant of the next rung, or of the next call; zero is never.
	Due time.Time `json:"due,omitzero"`
}

// Notice is what a page is about: a transition, and how often the alarm has
// called again since.
type Notice struct {
	Number   int      `json:"number"`
	Key      string   `json:"key,omitempty"`
	Priority Priority `json:"priority"`
	Again    int      `json:"again,omitempty"`
}

// key is what the pages of a notice are known by. A new call has a reference of
// its own, so that nobody takes it for a repetition of the first.
func (n Notice) key() string {
	if n.Key == "" || n.Again == 0 {
		return n.Key
	}
	return fmt.Sprintf("%s/again/%d", n.Key, n.Again)
}

// level is the notice's priority in the words of a page.
func (n Notice) level() string {
	return map[Priority]string{Critical: "HIGH", Warning: "MEDIUM"}[n.Priority]
}

// climbs says whether another rung is to be paged. A warning is for the first
// one, and goes on only if that was in vain.
func (c *Call) climbs() bool {
	return !c.Through && (c.Rung == 0 || c.Priority == Critical || c.Pushed)
}

// climb goes up one rung. However short a new ladder is, its last rung is climbed.
func (c *Call) climb(ladder []paging.Rung) (wait time.Duration) {
	c.Rung = min(c.Rung+1, len(ladder))
	c.Through = c.Rung == len(ladder)
	c.Pushed = false
	return rungAfter[min(c.Rung, len(rungAfter))-1]
}

package detector

import "time"

// clock translates between the monitor's clock and the caller's. Nothing but the
// times of arrival connects them: the least delay of the last one to two minutes
// is taken for none at all, which is wrong by the transmission's best time only.
type clock struct {
	Known  bool          `json:"known,omitzero"`
	Began  time.Time     `json:"began,omitzero"` // of the present minute
	Least  time.Duration `json:"least,omitzero"` // caller minus monitor, in the present minute
	Before time.Duration `json:"before,omitzero"`
}

// observe takes in that a time of the monitor's arrived at a time of the caller's.
func (c *clock) observe(monitor, caller time.Time) {
	delay := caller.Sub(monitor)
	switch {
	case !c.Known:
		*c = clock{Known: true, Began: caller, Least: delay, Before: delay}
	case caller.Sub(c.Began) >= time.Minute:
		*c = clock{Known: true, Began: caller, Least: delay, Before: c.Least}
	default:
		c.Least = min(c.Least, delay)
	}
}

func (c *clock) offset() time.Duration { return min(c.Least, c.Before) }

func (c *clock) monitor(caller time.Time) time.Time { return caller.Add(-c.offset()) }

func (c *clock) caller(monitor time.Time) time.Time { return monitor.Add(c.offset()) }

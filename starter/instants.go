package main

import (
	"fmt"
	"time"
)

// clock is an instant as a person at this machine reads it.
func clock(at time.Time) string { return at.Local().Format("2006-01-02 15:04:05") }

// moment is clock without what is the same now: today's date, or another day's
// seconds.
func moment(at, now time.Time) string {
	if at.Local().Format(time.DateOnly) == now.Local().Format(time.DateOnly) {
		return at.Local().Format(time.TimeOnly)
	}
	return at.Local().Format("2006-01-02 15:04")
}

// countdown says how long it is until something, or how late it is.
func countdown(left time.Duration) string {
	if left < 0 {
		return span(-left) + " late"
	}
	return "in " + span(left)
}

// span is a duration in its two greatest units; seconds are enough.
func span(length time.Duration) string {
	seconds := int64(length.Round(time.Second) / time.Second)
	for _, unit := range []struct {
		seconds, part int64
		name, minor   string
	}{{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}} {
		if seconds >= unit.seconds {
			return fmt.Sprintf("%d %s %d %s", seconds/unit.seconds, unit.name, seconds%unit.seconds/unit.part, unit.minor)
		}
	}
	return fmt.Sprintf("%d s", max(seconds, 0))
}

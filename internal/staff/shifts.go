package staff

import (
	"fmt"
	"slices"
	"time"

	"guestjourney/activities/timetable"
)

// day on the wall clock; its true length may differ.
const day = 24 * time.Hour

// maxCover bounds how far ahead a file may promise that somebody is on duty.
const maxCover = 3 * 366 * day

// shift is one person's time on duty: on these days of the week, from the first
// day to the last, each at its midnight in UTC; zero is no bound.
type shift struct {
	person      string
	weekly      [7]bool
	first, last time.Time
	from, to    time.Duration // since midnight; to may be past the next one
}

// begins says whether the shift begins on a day.
func (s shift) begins(day time.Time) bool {
	return s.weekly[day.Weekday()] && !day.Before(s.first) && (s.last.IsZero() || !day.After(s.last))
}

// span is the shift that begins on a day, as instants. Both ends are read from
// the clock, so that a night is 11 or 13 hours long when clocks change, and
// those who relieve each other do so at one instant.
func (s shift) span(day time.Time, clock *clock) Gap {
	return Gap{From: clock.instant(day, s.from), To: clock.instant(day, s.to)}
}

// includes says whether the shift includes an instant; its end it does not.
func (s shift) includes(at time.Time, clock *clock) bool {
	for _, day := range clock.around(at, at) {
		if s.begins(day) {
			if span := s.span(day, clock); !at.Before(span.From) && at.Before(span.To) {
				return true
			}
		}
	}
	return false
}

// clock reads times of day in a zone, and remembers them: shifts have few.
type clock struct {
	zone  *time.Location
	known map[time.Time]time.Time // instants by what the clock shows, in UTC
}

func newClock(zone *time.Location) *clock {
	return &clock{zone: zone, known: map[time.Time]time.Time{}}
}

func (c *clock) instant(day time.Time, since time.Duration) time.Time {
	shown := day.Add(since)
	if _, known := c.known[shown]; !known {
		c.known[shown] = timetable.At(day.Year(), day.Month(), day.Day(), since, c.zone)
	}
	return c.known[shown]
}

// around lists the days on which a shift may begin that has to do with the time
// between two instants. A shift ends on the next day at the latest; the rest is
// for zones that have left out a day.
func (c *clock) around(from, to time.Time) []time.Time {
	year, month, dayOf := from.In(c.zone).Date()
	var days []time.Time
	for day := time.Date(year, month, dayOf-2, 0, 0, 0, 0, time.UTC); !day.After(to.Add(2 * 24 * time.Hour)); day = day.AddDate(0, 0, 1) {
		days = append(days, day)
	}
	return days
}

// Gap is a time in which nobody is on duty; To is not part of it.
type Gap struct{ From, To time.Time }

// Gaps lists the times between two instants in which nobody is on duty.
func (r *Roster) Gaps(from, to time.Time) []Gap {
	clock := newClock(r.zone)
	var spans []Gap
	for _, day := range clock.around(from, to) {
		for _, s := range r.shifts {
			if s.begins(day) {
				spans = append(spans, s.span(day, clock))
			}
		}
	}
	slices.SortFunc(spans, func(a, b Gap) int { return a.From.Compare(b.From) })
	var gaps []Gap
	covered := from // up to here
	for _, span := range spans {
		if span.From.After(covered) && covered.Before(to) {
			gaps = append(gaps, Gap{From: covered, To: earlier(span.From, to)})
		}
		if span.To.After(covered) {
			covered = span.To
		}
	}
	if covered.Before(to) {
		gaps = append(gaps, Gap{From: covered, To: to})
	}
	return gaps
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Check says whether somebody is on duty around the clock from now on until the
// end of the last covered day. Its error is one line that names the first gap.
func (r *Roster) Check(now time.Time) error {
	if err := r.covers(now); err != nil {
		return err
	}
	end := r.end()
	if end.Sub(now) > maxCover {
		return fmt.Errorf("coversUntil: %s is more than three years ahead", r.last.Format(time.DateOnly))
	}
	gaps := r.Gaps(now, end)
	if len(gaps) == 0 {
		return nil
	}
	more := ""
	if len(gaps) > 1 {
		more = fmt.Sprintf(" (the first of %d gaps)", len(gaps))
	}
	return fmt.Errorf("shifts: nobody is on duty from %s to %s%s; add a shift, or let coversUntil end before it", r.shown(gaps[0].From), r.shown(gaps[0].To), more)
}

// covers says whether the last covered day is still to come or under way.
func (r *Roster) covers(now time.Time) error {
	if now.Before(r.end()) {
		return nil
	}
	return fmt.Errorf("coversUntil: %s is over; add shifts and let it be a later day", r.last.Format(time.DateOnly))
}

// end is the instant at which the last covered day ends.
func (r *Roster) end() time.Time { return newClock(r.zone).instant(r.last, day) }

func (r *Roster) shown(at time.Time) string {
	return at.In(r.zone).Format("Mon 2 Jan 2006 15:04 MST")
}

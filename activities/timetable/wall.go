package timetable

import (
	"sort"
	"time"
)

// At returns when the clock of a zone shows a time of day, since midnight, on a
// date. Where clocks are put back and it shows it twice, that is the first such
// instant; where they jump over it, the instant after the jump. A later time of
// a later day is never earlier.
func At(year int, month time.Month, day int, timeOfDay time.Duration, zone *time.Location) time.Time {
	return wall(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(timeOfDay)).instant(zone)
}

// wall is a time on a clock, without a zone: kept as a time.Time in UTC whose
// fields are the clock's.
type wall time.Time

// wallOf reads the clock of a zone at an instant.
func wallOf(instant time.Time, zone *time.Location) wall {
	t := instant.In(zone)
	return wall(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC))
}

// addDays keeps the time of day.
func (w wall) addDays(days int) wall { return wall(time.Time(w).AddDate(0, 0, days)) }

// at returns the same day at another time of day.
func (w wall) at(timeOfDay time.Duration) wall {
	t := time.Time(w)
	return wall(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Add(timeOfDay))
}

// timeOfDay is what has passed of the clock's day.
func (w wall) timeOfDay() time.Duration {
	return time.Time(w).Sub(time.Time(w.at(0)))
}

// reach is further than any zone has ever been from UTC, date line included.
const reach = 36 * time.Hour

// instant returns when the clock of a zone shows w: the first such instant
// where clocks are put back and it shows w twice, and where they jump over w
// (an hour in spring, a whole day on the date line) the instant at which the
// next valid time begins. time.Date promises neither, and ZoneBounds names an
// end that has passed on the last day of some leap years, so both are left out:
// every offset in use around w is tried.
func (w wall) instant(zone *time.Location) time.Time {
	var first time.Time
	asUTC := time.Time(w)
	for probe := asUTC.Add(-reach); !probe.After(asUTC.Add(reach)); probe = probe.Add(time.Hour) {
		candidate := asUTC.Add(-offsetAt(probe, zone))
		if offsetAt(candidate, zone) == asUTC.Sub(candidate) && (first.IsZero() || candidate.Before(first)) {
			first = candidate
		}
	}
	if first.IsZero() {
		return w.nextValid(zone)
	}
	return first
}

// nextValid returns the instant at which the clock, which never shows w, is
// first past it. Jumps are on whole seconds.
func (w wall) nextValid(zone *time.Location) time.Time {
	from := time.Time(w).Add(-reach).Truncate(time.Second)
	seconds := sort.Search(int(2*reach/time.Second), func(n int) bool {
		at := from.Add(time.Duration(n) * time.Second)
		return time.Time(wallOf(at, zone)).After(time.Time(w))
	})
	return from.Add(time.Duration(seconds) * time.Second)
}

func offsetAt(instant time.Time, zone *time.Location) time.Duration {
	_, seconds := instant.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

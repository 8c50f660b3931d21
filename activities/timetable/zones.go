package timetable

import (
	"time"

	"github.com/nyaruka/phonenumbers"

	"guestjourney/activities/programs"
	"guestjourney/activities/timetable/zonedata"
)

// Bases of a send window: whose night it keeps.
const (
	BasisGuest    = "guest"    // the guest told us their zone
	BasisPhone    = "phone"    // every zone that the phone number may be in
	BasisProperty = "property" // nothing is known of the guest
	// BasisNoCommonHour: the zones of the phone number have no hour in common
	// that is open in all of them, so the property's zone decides.
	BasisNoCommonHour = "property, no common hour"
)

// searched is how far a window is looked for: quiet hours are the same every
// day, and two days more outlast any change of clocks.
const searched = 72 * time.Hour

// nights are the quiet hours of everywhere a guest may be.
type nights struct {
	zones []*time.Location
	quiet programs.QuietWindow
	basis string
}

// nightsOf finds the zones: the guest's own, else those of the phone number,
// else the property's.
func nightsOf(guest *time.Location, phone string, property *time.Location, quiet programs.QuietWindow) nights {
	if guest != nil {
		return nights{zones: []*time.Location{guest}, quiet: quiet, basis: BasisGuest}
	}
	if zones := zonesOfPhone(phone); len(zones) > 0 {
		return nights{zones: zones, quiet: quiet, basis: BasisPhone}
	}
	return nights{zones: []*time.Location{property}, quiet: quiet, basis: BasisProperty}
}

// zonesOfPhone lists the zones that a canonical number may be in. A number that
// tells nothing, such as a satellite phone's, has none.
func zonesOfPhone(phone string) []*time.Location {
	if phone == "" {
		return nil
	}
	names, err := phonenumbers.GetTimezonesForPrefix(phone)
	if err != nil {
		return nil
	}
	var zones []*time.Location
	for _, name := range names {
		if zone, err := zonedata.Load(name); err == nil {
			zones = append(zones, zone)
		}
	}
	return zones
}

// fallback keeps the property's night only.
func (n nights) fallback(property *time.Location) nights {
	return nights{zones: []*time.Location{property}, quiet: n.quiet, basis: BasisNoCommonHour}
}

func (n nights) names() []string {
	var names []string
	for _, zone := range n.zones {
		names = append(names, zone.String())
	}
	return names
}

// asleep returns a zone in which it is night, or nil.
func (n nights) asleep(at time.Time) *time.Location {
	for _, zone := range n.zones {
		if n.quiet.Contains(wallOf(at, zone).timeOfDay()) {
			return zone
		}
	}
	return nil
}

// before moves an instant that is night somewhere to the last minute before
// that night begins: earlier, so never after a start. That minute may be night
// elsewhere, or still be so where clocks change around midnight; every turn
// goes back in time. It reports false when there is no such minute.
func (n nights) before(at time.Time) (time.Time, bool) {
	limit := at.Add(-searched)
	for zone := n.asleep(at); zone != nil; zone = n.asleep(at) {
		clock := wallOf(at, zone)
		begins := clock.at(n.quiet.From)
		if clock.timeOfDay() < n.quiet.From { // past midnight: it began the day before
			begins = begins.addDays(-1)
		}
		at = begins.instant(zone).Add(-time.Minute)
		if at.Before(limit) {
			return time.Time{}, false
		}
	}
	return at, true
}

// after returns the first instant from an instant on at which it is night
// nowhere, and when the next night begins; the zero time where none does within
// the search. Nights begin and end on whole minutes, so minutes are tried: the
// plainest way that no change of clocks can upset.
func (n nights) after(from time.Time) (at, until time.Time, ok bool) {
	at, ok = from, true
	if n.asleep(at) != nil {
		at, ok = n.nextMinute(from, func(zone *time.Location) bool { return zone == nil })
	}
	if !ok {
		return time.Time{}, time.Time{}, false
	}
	until, _ = n.nextMinute(at, func(zone *time.Location) bool { return zone != nil })
	return at, until, true
}

func (n nights) nextMinute(from time.Time, wanted func(asleep *time.Location) bool) (time.Time, bool) {
	first := from.Truncate(time.Minute).Add(time.Minute)
	for at := first; at.Before(first.Add(searched)); at = at.Add(time.Minute) {
		if wanted(n.asleep(at)) {
			return at, true
		}
	}
	return time.Time{}, false
}

package staff

import (
	"slices"
	"time"

	"guestjourney/activities/paging"
)

// Physician is the role that the third rung calls, on duty or not.
const Physician = "physician"

// Roster is one checked file. It never changes, and may be used by many
// goroutines.
type Roster struct {
	zone     *time.Location
	people   map[string]*person
	order    []string // of people, as in the file
	shifts   []shift
	failsafe string
	last     time.Time         // day that is covered
	tokens   map[string]string // code by hash
}

type person struct {
	roles    []string
	channels []paging.Channel // in order
	routes   map[paging.Channel]string
}

var _ paging.Rota = (*Roster)(nil)

// Failsafe is the person who is paged when nobody else comes. There is always
// one, with a telephone.
func (r *Roster) Failsafe() paging.Contact { return r.contact(r.failsafe) }

// Route is a person's address on a channel.
func (r *Roster) Route(code string, channel paging.Channel) (address string, known bool) {
	if found := r.people[code]; found != nil {
		address = found.routes[channel]
	}
	return address, address != ""
}

// OnDuty lists who is on duty at an instant, in the order of the shifts; role
// narrows it unless it is empty.
func (r *Roster) OnDuty(at time.Time, role string) []string {
	var found []string
	clock := newClock(r.zone)
	for _, s := range r.shifts {
		if !slices.Contains(found, s.person) && r.has(s.person, role) && s.includes(at, clock) {
			found = append(found, s.person)
		}
	}
	return found
}

// Ladder is whom to page about an alarm, rung by rung: the first on duty, the
// second, all on duty with a physician, the failsafe. A rung that would be empty
// is the failsafe's.
func (r *Roster) Ladder(at time.Time) paging.Ladder {
	onDuty := r.OnDuty(at, "")
	return paging.Ladder{Rungs: []paging.Rung{
		r.rung(onDuty[:min(1, len(onDuty))]),
		r.rung(onDuty[min(1, len(onDuty)):min(2, len(onDuty))]),
		r.rung(r.withPhysician(onDuty)),
		r.rung(nil),
	}}
}

// withPhysician adds every physician where none is on duty.
func (r *Roster) withPhysician(onDuty []string) []string {
	if slices.ContainsFunc(onDuty, func(code string) bool { return r.has(code, Physician) }) {
		return onDuty
	}
	all := slices.Clone(onDuty)
	for _, code := range r.order {
		if r.has(code, Physician) && len(r.people[code].channels) > 0 {
			all = append(all, code)
		}
	}
	return all
}

func (r *Roster) rung(codes []string) paging.Rung {
	if len(codes) == 0 {
		codes = []string{r.failsafe}
	}
	var rung paging.Rung
	for _, code := range codes {
		rung.Contacts = append(rung.Contacts, r.contact(code))
	}
	return rung
}

func (r *Roster) contact(code string) paging.Contact {
	return paging.Contact{Person: code, Channels: slices.Clone(r.people[code].channels)}
}

func (r *Roster) has(code, role string) bool {
	return role == "" || slices.Contains(r.people[code].roles, role)
}

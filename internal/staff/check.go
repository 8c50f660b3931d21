package staff

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"guestjourney/activities/paging"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable/zonedata"
	"guestjourney/internal/identity"
)

var (
	codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}[a-z0-9]$`)
	roleForm = regexp.MustCompile(`^[a-z][a-z-]{0,30}$`)
)

// Read reads a file and checks everything about it but its shifts, see Check. Its
// error is one line with every problem.
func Read(text []byte) (*Roster, error) {
	read, err := decode(text)
	if err != nil {
		return nil, err
	}
	c := checker{roster: &Roster{people: map[string]*person{}, tokens: map[string]string{}}}
	zone, err := zonedata.Load(read.Zone)
	if err != nil {
		c.wrong("zone: %w", err)
		zone = time.UTC // so that the rest is checked all the same
	}
	c.roster.zone = zone
	for at, one := range read.People {
		c.person(fmt.Sprintf("people[%d]", at), one)
	}
	for at, one := range read.Shifts {
		c.shift(fmt.Sprintf("shifts[%d]", at), one)
	}
	c.failsafe(read.Failsafe)
	if c.roster.last, err = date(read.CoversUntil); err != nil {
		c.wrong("coversUntil: %w", err)
	}
	if len(c.problems) > 0 {
		return nil, errors.New(strings.Join(c.problems, "; "))
	}
	return c.roster, nil
}

// checker builds a roster and collects what is wrong.
type checker struct {
	roster   *Roster
	problems []string
}

func (c *checker) wrong(format string, values ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, values...).Error())
}

func (c *checker) person(field string, read personForm) {
	if !codeForm.MatchString(read.Code) {
		c.wrong(`%s.code: want lower-case letters, digits and "-", such as p-ana`, field)
		return
	}
	field = fmt.Sprintf("%s (%s)", field, read.Code)
	if c.roster.people[read.Code] != nil {
		c.wrong("%s: the code is there twice", field)
		return
	}
	known := &person{roles: read.Roles, routes: map[paging.Channel]string{}}
	for _, role := range read.Roles {
		if !roleForm.MatchString(role) {
			c.wrong(`%s.roles: want lower-case words, such as nurse or %s`, field, Physician)
		}
	}
	for at, hash := range read.Tokens {
		c.token(fmt.Sprintf("%s.tokens[%d]", field, at), read.Code, hash)
	}
	for at, contact := range read.Contact {
		c.contact(fmt.Sprintf("%s.contact[%d]", field, at), known, contact)
	}
	c.roster.people[read.Code] = known
	c.roster.order = append(c.roster.order, read.Code)
}

func (c *checker) token(field, code, hash string) {
	raw, err := hex.DecodeString(hash)
	switch {
	case err != nil || len(raw) != hashSize || hash != strings.ToLower(hash):
		c.wrong("%s: want the SHA-256 of a token, 64 lower-case hexadecimal digits", field)
	case c.roster.tokens[hash] != "":
		c.wrong("%s: the token is there twice", field)
	default:
		c.roster.tokens[hash] = code
	}
}

func (c *checker) contact(field string, known *person, read contactForm) {
	var address string
	var err error
	switch read.Channel {
	case paging.SMS, paging.Voice:
		address, err = identity.Phone("", read.To)
	case paging.Email:
		address, err = identity.Email(read.To)
	default:
		c.wrong("%s.channel: want one of %v", field, paging.Channels())
		return
	}
	switch {
	case err != nil:
		c.wrong("%s.to: %w", field, err)
	case known.routes[read.Channel] != "":
		c.wrong("%s: the person has the channel %s twice", field, read.Channel)
	default:
		known.routes[read.Channel] = address
		known.channels = append(known.channels, read.Channel)
	}
}

func (c *checker) shift(field string, read shiftForm) {
	known := c.roster.people[read.Person]
	if known == nil {
		c.wrong("%s.person: not among the people", field)
		return
	}
	field = fmt.Sprintf("%s (%s)", field, read.Person)
	if len(known.channels) == 0 {
		c.wrong("%s: the person has no contact, and cannot be paged", field)
	}
	parsed := shift{person: read.Person}
	c.times(field, read, &parsed)
	c.days(field, read, &parsed)
	c.roster.shifts = append(c.roster.shifts, parsed)
}

func (c *checker) times(field string, read shiftForm, parsed *shift) {
	from, okFrom := programs.TimeOfDay(read.From)
	to, okTo := programs.TimeOfDay(read.To)
	if !okFrom || !okTo {
		c.wrong(`%s: want "from" and "to" such as "07:00" and "19:00"`, field)
		return
	}
	if parsed.from, parsed.to = from, to; to <= from {
		parsed.to += day
	}
}

// weekdays are the names of days, as time.Weekday counts them.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (c *checker) days(field string, read shiftForm, parsed *shift) {
	if (len(read.Days) > 0) == (read.Date != "") || read.Date != "" && (read.First != "" || read.Last != "") {
		c.wrong(`%s: want "days", with "first" and "last" if it is bounded, or one "date"`, field)
		return
	}
	for _, name := range read.Days {
		at := slices.Index(weekdays, name)
		if at < 0 {
			c.wrong(`%s.days: want names such as "mon"`, field)
			return
		}
		parsed.weekly[at] = true
	}
	if read.Date != "" {
		read.First, read.Last, parsed.weekly = read.Date, read.Date, [7]bool{true, true, true, true, true, true, true}
	}
	for _, bound := range []struct {
		text string
		into *time.Time
	}{{read.First, &parsed.first}, {read.Last, &parsed.last}} {
		if bound.text == "" {
			continue
		}
		var err error
		if *bound.into, err = date(bound.text); err != nil {
			c.wrong("%s: %w", field, err)
		}
	}
}

var errDate = errors.New("want a date such as 2027-03-02")

// date reads a day as its midnight in UTC, the form in which days are counted.
func date(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, errDate // the library's text quotes
	}
	return day, nil
}

func (c *checker) failsafe(code string) {
	known := c.roster.people[code]
	switch {
	case code == "":
		c.wrong("failsafe: nobody; want the code of the person who is paged when nobody else comes")
	case known == nil:
		c.wrong("failsafe: not among the people")
	case known.routes[paging.SMS] == "" && known.routes[paging.Voice] == "":
		c.wrong("failsafe (%s): the person has no telephone; want a contact by sms or voice", code)
	default:
		c.roster.failsafe = code
	}
}

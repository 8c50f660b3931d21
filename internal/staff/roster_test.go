package staff_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/activities/paging"
	"guestjourney/internal/staff"
)

// at is a time of day on that Tuesday, in Mexico City (UTC-6).
func at(hour, minute int) time.Time { return time.Date(2027, 3, 2, 6+hour, minute, 0, 0, time.UTC) }

func TestWhoIsOnDuty(t *testing.T) {
	roster := read(t, casa())
	for _, test := range []struct {
		at   time.Time
		want []string
	}{
		{at(6, 59), []string{"p-luis"}},
		{at(7, 0), []string{"p-ana"}},
		{at(12, 0), []string{"p-ana", "p-eva"}},
		{at(19, 0), []string{"p-luis", "p-eva"}},
		{at(23, 59), []string{"p-luis", "p-eva"}},
		{at(24, 0), []string{"p-luis"}},
	} {
		assert.Equal(t, test.want, roster.OnDuty(test.at, ""), test.at)
		assert.Equal(t, test.want, roster.OnDuty(test.at, "nurse"), test.at)
		assert.Empty(t, roster.OnDuty(test.at, staff.Physician))
	}
}

func TestShiftsByDayAndDate(t *testing.T) {
	roster := read(t, with("shifts", list{
		object{"person": "p-ana", "days": list{"tue"}, "from": "07:00", "to": "07:00"},
		object{"person": "p-luis", "date": "2027-03-03", "from": "22:00", "to": "06:00"},
		object{"person": "p-eva", "days": everyDay, "first": "2027-03-10", "last": "2027-03-11", "from": "08:00", "to": "09:00"},
	}))
	day := func(n, hour int) time.Time { return time.Date(2027, 3, n, 6+hour, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		at   time.Time
		want []string
	}{
		{day(2, 6), nil},
		{day(2, 7), []string{"p-ana"}},
		{day(3, 6), []string{"p-ana"}}, // a day long
		{day(3, 7), nil},
		{day(3, 22), []string{"p-luis"}},
		{day(4, 5), []string{"p-luis"}},
		{day(4, 22), nil}, // once
		{day(9, 8), []string{"p-ana"}},
		{day(10, 8), []string{"p-eva"}},
		{day(11, 8), []string{"p-eva"}},
		{day(12, 8), nil},
	} {
		assert.Equal(t, test.want, roster.OnDuty(test.at, ""), test.at)
	}
}

// codes are the people of a ladder, rung by rung.
func codes(ladder paging.Ladder) [][]string {
	var all [][]string
	for _, rung := range ladder.Rungs {
		var people []string
		for _, contact := range rung.Contacts {
			people = append(people, contact.Person)
		}
		all = append(all, people)
	}
	return all
}

func TestTheLadder(t *testing.T) {
	withMed := list{weekly("p-med", "09:00", "10:00"), weekly("p-ana", "07:00", "19:00"), weekly("p-luis", "19:00", "07:00"), weekly("p-eva", "12:00", "00:00")}
	for name, test := range map[string]struct {
		file object
		at   time.Time
		want [][]string
	}{
		"two on duty":                        {casa(), at(12, 0), [][]string{{"p-ana"}, {"p-eva"}, {"p-ana", "p-eva", "p-med"}, {"p-desk"}}},
		"one on duty":                        {casa(), at(8, 0), [][]string{{"p-ana"}, {"p-desk"}, {"p-ana", "p-med"}, {"p-desk"}}},
		"a physician on duty":                {with("shifts", withMed), at(9, 0), [][]string{{"p-med"}, {"p-ana"}, {"p-med", "p-ana"}, {"p-desk"}}},
		"nobody, in a rota that has run out": {with("shifts", list{}), at(9, 0), [][]string{{"p-desk"}, {"p-desk"}, {"p-med"}, {"p-desk"}}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, codes(read(t, test.file).Ladder(test.at))) })
	}
	first := read(t, casa()).Ladder(at(8, 0)).Rungs[0].Contacts[0]
	assert.Equal(t, paging.Contact{Person: "p-ana", Channels: []paging.Channel{paging.SMS, paging.Voice, paging.Email}}, first, "codes and channels, no number")
}

func TestRoutes(t *testing.T) {
	roster := read(t, casa())
	for channel, want := range map[paging.Channel]string{paging.SMS: anaPhone, paging.Voice: anaPhone, paging.Email: "ana@casa.example"} {
		address, known := roster.Route("p-ana", channel)
		assert.True(t, known)
		assert.Equal(t, want, address, "in its canonical form")
	}
	for code, channel := range map[string]paging.Channel{"p-luis": paging.Voice, "p-nobody": paging.SMS, "p-ana": "pigeon"} {
		_, known := roster.Route(code, channel)
		assert.False(t, known, code)
	}
	assert.Equal(t, paging.Contact{Person: "p-desk", Channels: []paging.Channel{paging.SMS}}, roster.Failsafe())
}

func TestSignIn(t *testing.T) {
	roster := read(t, casa())
	who, ok := roster.SignIn("token of ana")
	require.True(t, ok)
	assert.Equal(t, staff.SignedIn{Code: "p-ana", Roles: []string{"nurse"}}, who)
	for _, wrong := range []string{"", "token of anA", staff.HashToken("token of ana")} {
		_, ok := roster.SignIn(wrong)
		assert.False(t, ok, wrong)
	}
	again, ok := roster.Holder(staff.HashToken("token of ana"))
	assert.True(t, ok)
	assert.Equal(t, who, again)
	_, ok = roster.Holder("token of ana")
	assert.False(t, ok)
	assert.Equal(t, "America/Mexico_City", roster.Zone().String())
	assert.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", staff.HashToken("hello"), "as sha256sum says")
}

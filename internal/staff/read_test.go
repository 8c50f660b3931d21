package staff_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"guestjourney/internal/staff"
)

func person(part string, value any) object {
	one := ana()
	one[part] = value
	return with("people", list{one, someone("p-luis", "nurse"), someone("p-eva", "nurse"), someone("p-desk", "manager")})
}

func shifts(change func(object)) object {
	one := weekly("p-ana", "07:00", "07:00")
	change(one)
	return with("shifts", list{one})
}

const canary = "5598765432"

func TestWhatIsWrongIsNamedAndNotQuoted(t *testing.T) {
	contact := func(channel, to string) list { return list{object{"channel": channel, "to": to}} }
	for want, file := range map[string]object{
		"zone: not a zone":                                      with("zone", canary),
		"coversUntil: want a date":                              with("coversUntil", canary),
		"failsafe: nobody":                                      with("failsafe", ""),
		"failsafe: not among the people":                        with("failsafe", canary),
		"people[0].code: want lower-case":                       person("code", canary),
		"people[1] (p-luis): the code is there twice":           person("code", "p-luis"),
		"people[0] (p-ana).roles: want":                         person("roles", list{"Nurse " + canary}),
		"people[0] (p-ana).tokens[0]: want the SHA-256":         person("tokens", list{canary}),
		"people[0] (p-ana).tokens[1]: the token is there twice": person("tokens", list{staff.HashToken(canary), staff.HashToken(canary)}),
		"people[0] (p-ana).contact[0].to: phone: not a phone":   person("contact", contact("sms", canary)),
		"people[0] (p-ana).contact[0].to: email: want":          person("contact", contact("email", canary)),
		"people[0] (p-ana).contact[0].channel: want one of":     person("contact", contact(canary, "+1"+canary)),
		"people[0] (p-ana).contact[1]: the person has":          person("contact", append(contact("sms", anaPhone), contact("sms", anaPhone)...)),
		"shifts[0] (p-ana): the person has no contact":          person("contact", list{}),
		"shifts[0].person: not among":                           shifts(func(s object) { s["person"] = canary }),
		`shifts[0] (p-ana): want "from" and "to"`:               shifts(func(s object) { s["to"] = canary }),
		`shifts[0] (p-ana): want "days"`:                        shifts(func(s object) { s["date"] = "2027-03-02" }),
		`shifts[0] (p-ana).days: want names`:                    shifts(func(s object) { s["days"] = list{canary} }),
		`shifts[0] (p-ana): want a date`:                        shifts(func(s object) { s["first"] = canary }),
		`line 2: coversUntil: is not of the expected kind`:      with("coversUntil", object{canary: canary}),
		`people[0].contact[0].…: is no field of this file`:      person("contact", list{object{canary: canary}}),
		`people[0].phone: is no field of this file`:             person("phone", canary),
		`failsafe (p-desk): the person has no telephone`:        with("people", list{ana(), someone("p-luis", "n"), someone("p-eva", "n"), object{"code": "p-desk", "contact": contact("email", "desk@casa.example")}}),
	} {
		t.Run(want, func(t *testing.T) {
			_, err := staff.Read(text(t, file))
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), canary)
			assert.NotContains(t, err.Error(), staff.HashToken(canary))
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestEveryProblemIsNamed(t *testing.T) {
	file := shifts(func(s object) { s["to"] = "7" })
	file["failsafe"], file["zone"] = "", "Mars"
	_, err := staff.Read(text(t, file))
	for _, want := range []string{"zone: ", "shifts[0] (p-ana): ", "failsafe: "} {
		require.ErrorContains(t, err, want)
	}
}

func TestTheFileIsReadStrictly(t *testing.T) {
	whole := string(text(t, casa()))
	for name, test := range map[string]struct{ text, want string }{
		"not JSON":           {"zone: " + canary, "line 1: is not JSON"},
		"cut short":          {whole[:len(whole)-3], "is not JSON"},
		"something after it": {whole + canary, "is not JSON"},
		"twice":              {strings.Replace(whole, `"failsafe"`, `"zone": "`+canary+"\",\n \"failsafe\"", 1), "zone: a field is there twice"},
		"other letters":      {strings.Replace(whole, `"failsafe"`, `"Failsafe"`, 1), "Failsafe: is no field of this file"},
		"not UTF-8":          {whole + "\xff", "is not UTF-8"},
		"nothing":            {"", "is not JSON"},
		"null":               {"null", "zone: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := staff.Read([]byte(test.text))
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), canary)
		})
	}
}

func TestAGapRefusesAndIsNamed(t *testing.T) {
	require.NoError(t, read(t, casa()).Check(now))

	late := with("shifts", list{weekly("p-ana", "07:00", "19:00"), weekly("p-luis", "20:30", "07:00")})
	late["coversUntil"] = "2027-03-02"
	require.EqualError(t, read(t, late).Check(now), "shifts: nobody is on duty from Tue 2 Mar 2027 19:00 CST to Tue 2 Mar 2027 20:30 CST; add a shift, or let coversUntil end before it")
	require.NoError(t, read(t, late).Check(at(20, 30)), "what is past is past")

	short := with("shifts", list{object{"person": "p-ana", "days": everyDay, "last": "2027-03-03", "from": "07:00", "to": "07:00"}})
	short["coversUntil"] = "2027-03-04"
	require.ErrorContains(t, read(t, short).Check(now), "from Thu 4 Mar 2027 07:00 CST to Fri 5 Mar 2027 00:00 CST")

	require.ErrorContains(t, read(t, with("shifts", list{weekly("p-ana", "07:00", "19:00")})).Check(now), "(the first of 305 gaps)")
	require.ErrorContains(t, read(t, with("coversUntil", "2027-03-01")).Check(now), "coversUntil: 2027-03-01 is over")
	require.ErrorContains(t, read(t, with("coversUntil", "2031-03-01")).Check(now), "more than three years ahead")
	require.NoError(t, read(t, with("coversUntil", "2027-03-02")).Check(at(23, 59)), "the last day is covered to its end")
}

// TestClocksThatChange: a night is 11 or 13 hours long, and nobody is missing.
func TestClocksThatChange(t *testing.T) {
	file := with("zone", "Europe/Berlin")
	file["shifts"] = list{weekly("p-ana", "07:00", "19:00"), weekly("p-luis", "19:00", "02:30"), weekly("p-eva", "02:30", "07:00")}
	roster := read(t, file)
	const step = 30 * time.Minute
	for night, hours := range map[string]int{"2027-03-28": 11, "2027-10-31": 13, "2027-06-06": 12} {
		day, err := time.Parse(time.DateOnly, night)
		require.NoError(t, err)
		from, to := day.Add(-10*time.Hour), day.Add(16*time.Hour)
		assert.Empty(t, roster.Gaps(from, to), night)
		var minutes int
		for at := from; at.Before(to); at = at.Add(step) {
			onDuty := roster.OnDuty(at, "")
			require.Len(t, onDuty, 1, at)
			if onDuty[0] != "p-ana" && at.After(day.Add(-8*time.Hour)) && at.Before(day.Add(8*time.Hour)) {
				minutes += int(step.Minutes())
			}
		}
		assert.Equal(t, hours*60, minutes, night)
	}
}

package staff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/activities/timetable/zonedata"
	"guestjourney/internal/staff"
)

// zones change their clocks at midnight, by half an hour, not at all, in the
// other half of the year, and by a whole day once.
var zones = []string{"America/Mexico_City", "America/New_York", "Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu"}

var people = []string{"p-ana", "p-luis", "p-eva"}

// lean are the people with as few telephones as can be: to read one takes longer
// than everything else here.
func lean() list {
	all := list{someone("p-desk", "manager")}
	for _, code := range people {
		all = append(all, object{"code": code, "contact": list{object{"channel": "email", "to": code + "@casa.example"}}})
	}
	return all
}

func minutes(m int) string { return fmt.Sprintf("%02d:%02d", m/60%24, m%60) }

// instants are within some years around now, some of them on changes of clocks.
func instants(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(now.AddDate(-1, 0, 0).Unix(), now.AddDate(1, 0, 0).Unix()).Draw(t, "at"), 0)
}

// TestWhoRelievesEachOtherLeavesNoGap: whatever the zone and however the day is
// cut, somebody is on duty at every instant of the year, changes of clocks
// included, and exactly one person where all cuts are apart.
func TestWhoRelievesEachOtherLeavesNoGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 1439), 1, 4, rapid.ID[int]).Draw(t, "cuts")
		slices.Sort(cuts)
		var all list
		for i, cut := range cuts {
			all = append(all, weekly(people[i%len(people)], minutes(cut), minutes(cuts[(i+1)%len(cuts)])))
		}
		file := with("shifts", all)
		file["people"] = lean()
		file["zone"] = rapid.SampledFrom(zones).Draw(t, "zone")
		roster := read(t, file)
		from := instants(t)
		require.Empty(t, roster.Gaps(from, from.AddDate(0, 0, 6)))
		require.Len(t, roster.OnDuty(from, ""), 1)
	})
}

// drawn is a house with any shifts.
func drawn(t *rapid.T, earliest, latest int) object {
	var all list
	for range rapid.IntRange(0, 4).Draw(t, "shifts") {
		one := object{
			"person": rapid.SampledFrom(people).Draw(t, "person"),
			"from":   minutes(rapid.IntRange(earliest, latest).Draw(t, "from")), "to": minutes(rapid.IntRange(earliest, latest).Draw(t, "to")),
		}
		if rapid.Bool().Draw(t, "weekly") {
			one["days"] = rapid.SliceOfN(rapid.SampledFrom(everyDay), 1, 7).Draw(t, "days")
		} else {
			one["date"] = now.AddDate(0, 0, rapid.IntRange(-10, 10).Draw(t, "date")).Format(time.DateOnly)
		}
		all = append(all, one)
	}
	file := with("shifts", all)
	file["people"] = lean()
	file["zone"] = rapid.SampledFrom(zones).Draw(t, "zone")
	return file
}

// TestGapsAndDutyAgree: nobody is on duty exactly in the gaps, and every ladder
// has four rungs, none empty, the failsafe last.
func TestGapsAndDutyAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roster := read(t, drawn(t, 0, 1439))
		from := instants(t)
		to := from.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes")) * time.Minute)
		gaps := roster.Gaps(from, to)
		probes := []time.Time{from, to.Add(-time.Second)}
		for _, gap := range gaps {
			require.True(t, gap.From.Before(gap.To))
			probes = append(probes, gap.From, gap.To.Add(-time.Nanosecond), gap.From.Add(-time.Nanosecond), gap.To)
		}
		for _, at := range probes {
			if at.Before(from) || !at.Before(to) {
				continue
			}
			inGap := slices.ContainsFunc(gaps, func(g staff.Gap) bool { return !at.Before(g.From) && at.Before(g.To) })
			require.Equal(t, inGap, len(roster.OnDuty(at, "")) == 0, at)
		}
		ladder := codes(roster.Ladder(from))
		require.Len(t, ladder, 4)
		for _, rung := range ladder {
			require.NotEmpty(t, rung)
		}
		require.Equal(t, []string{"p-desk"}, ladder[3])
	})
}

// TestDutyIsWhatTheClockShows compares with a second way: the clock on the wall
// and the day of the week, for shifts that begin and end when no clock changes.
func TestDutyIsWhatTheClockShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := drawn(t, 4*60, 23*60)
		roster, at := read(t, file), instants(t)
		zone, err := zonedata.Load(file["zone"].(string))
		require.NoError(t, err)
		var want []string
		for _, one := range file["shifts"].(list) {
			if shift := one.(object); shows(shift, at.In(zone)) && !slices.Contains(want, shift["person"].(string)) {
				want = append(want, shift["person"].(string))
			}
		}
		require.Equal(t, want, roster.OnDuty(at, ""))
	})
}

// shows says whether the shift is on when the clock shows this.
func shows(shift object, local time.Time) bool {
	from, to, shown := shift["from"].(string), shift["to"].(string), local.Format("15:04")
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	today, yesterday := begins(shift, midnight), begins(shift, midnight.AddDate(0, 0, -1))
	if from < to {
		return today && shown >= from && shown < to
	}
	return today && shown >= from || yesterday && shown < to
}

func begins(shift object, day time.Time) bool {
	if date, ok := shift["date"]; ok {
		return date == day.Format(time.DateOnly)
	}
	return slices.Contains(shift["days"].([]any), any(strings.ToLower(day.Format("Mon"))))
}

// FuzzStaffFile: whatever the bytes are, a file is refused in one line or can be
// asked, and its ladder ends at the failsafe.
func FuzzStaffFile(f *testing.F) {
	f.Add(text(f, casa()))
	f.Add(text(f, with("shifts", list{})))
	f.Add([]byte(`{"zone":"UTC","people":[{"code":"p-a","contact":[{"channel":"sms","to":"+14155550134"}]}],"failsafe":"p-a","coversUntil":"9999-12-31"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		roster, err := staff.Read(data)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), anaPhone[3:])
			return
		}
		_ = roster.Check(now)
		rungs := roster.Ladder(now).Rungs
		require.Len(t, rungs, 4)
		for _, rung := range rungs {
			require.NotEmpty(t, rung.Contacts)
			for _, contact := range rung.Contacts {
				require.NotEmpty(t, contact.Channels)
			}
		}
		require.Equal(t, roster.Failsafe(), rungs[3].Contacts[0])
	})
}

package timetable

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/timetable/zonedata"
)

// CutoffRequest asks for the last instants before something.
type CutoffRequest struct {
	At   time.Time `json:"at"`
	Zone string    `json:"zone"` // the property's
	// Before counts back from At: whole days are days of the zone's calendar,
	// anything else is elapsed time.
	Before []options.Duration `json:"before"`
}

// CutoffTimes are the last instants, in UTC, in the order of the request.
type CutoffTimes struct {
	By       []time.Time `json:"by"`
	Zone     string      `json:"zone"`
	ZoneData string      `json:"zoneData"` // version of the zone database
}

// CalculateCutoffs counts back from an instant. "60 days before" is kept by
// whoever acts on the sixtieth calendar day before, until its midnight: a guest
// counts days, and knows nothing of the hour of arrival or of clock changes.
// Its error is a *failure.Error of class InvalidInput.
func CalculateCutoffs(request CutoffRequest) (CutoffTimes, error) {
	var problems []string
	zone, err := zonedata.Load(request.Zone)
	if err != nil {
		problems = append(problems, "zone: "+err.Error())
	}
	if request.At.IsZero() {
		problems = append(problems, "at: missing")
	}
	for i, before := range request.Before {
		if before < 0 {
			problems = append(problems, fmt.Sprintf("before[%d]: want zero or more", i))
		}
	}
	if len(problems) > 0 {
		return CutoffTimes{}, &failure.Error{Provider: "timetable", Operation: "cutoffs", Class: failure.InvalidInput, Advice: strings.Join(problems, "; ")}
	}
	times := CutoffTimes{Zone: zone.String(), ZoneData: zonedata.Version()}
	for _, before := range request.Before {
		times.By = append(times.By, cutoff(request.At, before.Value(), zone).UTC())
	}
	return times, nil
}

// cutoff is the last nanosecond of a calendar day, or an elapsed time before.
func cutoff(at time.Time, before time.Duration, zone *time.Location) time.Time {
	if before == 0 || before%day != 0 {
		return at.Add(-before)
	}
	lastDay := wallOf(at, zone).addDays(-int(before / day))
	return lastDay.addDays(1).at(0).instant(zone).Add(-time.Nanosecond)
}

// Cutoffs is the activity behind the helper of the same name.
func (a *Activities) Cutoffs(_ context.Context, request CutoffRequest) (CutoffTimes, error) {
	times, err := CalculateCutoffs(request)
	return times, failure.ToTemporal(err)
}

// Cutoffs schedules the counting back.
func Cutoffs(ctx workflow.Context, request CutoffRequest) options.Result[CutoffTimes] {
	return options.Read[CutoffRequest, CutoffTimes](ctx, options.Inside, options.QueueJourneys, Prefix+"Cutoffs", "count back from a date", request)
}

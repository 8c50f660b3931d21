package timetable

import (
	"context"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/programs"
	"guestjourney/activities/timetable/zonedata"
)

// SendRequest asks when a text may go to a guest.
type SendRequest struct {
	// From is the earliest instant, usually workflow.Now.
	From time.Time `json:"from"`
	// GuestZone is empty where the guest's zone is not known; then the zones
	// that Phone (canonical, E.164) may be in count, all of them; where it tells
	// nothing either, the property's.
	GuestZone  string              `json:"guestZone,omitempty"`
	Phone      string              `json:"phone,omitempty"`
	Zone       string              `json:"zone"` // the property's
	QuietHours programs.QuietHours `json:"quietHours,omitzero"`
}

// SendWindow is when a text may go, in UTC.
type SendWindow struct {
	At time.Time `json:"at"` // From, if it may go at once
	// OpenUntil is when the next night begins; zero where there are no quiet hours.
	OpenUntil time.Time `json:"openUntil,omitzero"`
	// Zones and Basis say whose night was kept; see the bases.
	Zones    []string `json:"zones"`
	Basis    string   `json:"basis"`
	ZoneData string   `json:"zoneData"` // version of the zone database
}

// CalculateSend finds the first instant at which it is quiet hours nowhere the
// guest may be. It reads no clock. Its error is a *failure.Error of class
// InvalidInput that names every field that is wrong.
func CalculateSend(request SendRequest) (SendWindow, error) {
	var problems []string
	zone := func(field, name string) *time.Location {
		location, err := zonedata.Load(name)
		if err != nil {
			problems = append(problems, field+": "+err.Error())
		}
		return location
	}
	property := zone("zone", request.Zone)
	var guest *time.Location
	if request.GuestZone != "" {
		guest = zone("guestZone", request.GuestZone)
	}
	quiet, err := request.QuietHours.Window()
	if err != nil {
		problems = append(problems, "quietHours: "+err.Error())
	}
	if request.From.IsZero() {
		problems = append(problems, "from: missing")
	}
	if len(problems) > 0 {
		return SendWindow{}, &failure.Error{Provider: "timetable", Operation: "send", Class: failure.InvalidInput, Advice: strings.Join(problems, "; ")}
	}
	return nightsOf(guest, request.Phone, property, quiet).window(request.From, property), nil
}

// window is the next open one; the property's where the guest's zones have none
// in common.
func (n nights) window(from time.Time, property *time.Location) SendWindow {
	at, until, ok := n.after(from)
	if !ok {
		n = n.fallback(property)
		at, until, _ = n.after(from)
	}
	window := SendWindow{At: at.UTC(), Zones: n.names(), Basis: n.basis, ZoneData: zonedata.Version()}
	if !until.IsZero() {
		window.OpenUntil = until.UTC()
	}
	return window
}

// NextSend is the activity behind the helper of the same name.
func (a *Activities) NextSend(_ context.Context, request SendRequest) (SendWindow, error) {
	window, err := CalculateSend(request)
	return window, failure.ToTemporal(err)
}

// NextSend schedules the search for the next send window. It reads nothing that
// changes, so its answer may be used until OpenUntil.
func NextSend(ctx workflow.Context, request SendRequest) options.Result[SendWindow] {
	return options.Read[SendRequest, SendWindow](ctx, options.Inside, options.QueueJourneys, Prefix+"NextSend", "find the next send window", request)
}

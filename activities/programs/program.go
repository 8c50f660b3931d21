// Package programs is the catalogue: a program is data.
//
// Called by GuestJourney once, at its start; the journey keeps the snapshot. It
// owns the program files' format and promises that a file is checked whole
// before a journey sees it.
package programs

import (
	"encoding/json"
	"time"

	"guestjourney/activities/options"
	"guestjourney/activities/payments"
)

// Program says what a journey offers, when, and for how much. Durations make
// the example run in a minute and a real one in months.
type Program struct {
	Code      string   `json:"code"`      // shown in clear: names no treatment
	Version   string   `json:"version"`   // shown in status
	Languages []string `json:"languages"` // "en", "es"; the first is the default
	Zone      string   `json:"zone"`      // the property's IANA zone
	// Stages that apply, in order; see workflows/journey.
	Stages []string `json:"stages"`
	Price  Price    `json:"price"`
	// Label is what a guest sees on the payment page.
	Label     string    `json:"label"`
	Deadlines Deadlines `json:"deadlines"`
	// Length is from arrival to departure.
	Length  options.Duration `json:"length"`
	Session Session          `json:"session"`
	// Refunds are the tiers, the earliest cancellation first.
	Refunds []RefundTier `json:"refunds"`
	// QuietHours are in the guest's zone; empty means none.
	QuietHours QuietHours `json:"quietHours,omitzero"`
	// CheckIns are sent this long after departure.
	CheckIns []options.Duration `json:"checkIns"`
	Pace     options.Pace       `json:"pace,omitzero"`
	// EmailTracking switches opens and clicks for every mail.
	EmailTracking Tracking `json:"emailTracking,omitzero"`
}

// Tracking switches e-mail tracking.
type Tracking struct {
	Opens  bool `json:"opens"`
	Clicks bool `json:"clicks"`
}

// Price of a program.
type Price struct {
	Deposit payments.Money `json:"deposit"`
	Balance payments.Money `json:"balance"`
}

// Deadlines of the stages. Every one has a consequence.
type Deadlines struct {
	Captured   options.Duration `json:"captured"`   // then attention
	Conversing options.Duration `json:"conversing"` // then lost
	// Screening is for the health questionnaire, then lost; the guest is asked
	// again after each ScreeningNudge. Needed where the stage applies.
	Screening      options.Duration `json:"screening,omitempty"`
	ScreeningNudge options.Duration `json:"screeningNudge,omitempty"`
	// ClearanceReview is a clinician's term; each that passes calls somebody with
	// more say. Needed where the stage applies.
	ClearanceReview options.Duration `json:"clearanceReview,omitempty"`
	// ClearanceChecks before arrival the clearance is looked at again.
	ClearanceChecks []options.Duration `json:"clearanceChecks,omitempty"`
	// CheckIn after arrival the front desk is told of a guest whom nobody has
	// seen; zero means never.
	CheckIn options.Duration `json:"checkIn,omitempty"`
	// NoShowGrace is how long a no-show may be taken back.
	NoShowGrace options.Duration `json:"noShowGrace,omitempty"`

	Offer   options.Duration `json:"offer"`   // then the place is released, lost
	Deposit options.Duration `json:"deposit"` // then the page is closed, lost
	// SlowMethod is how long a deposit that is under way by then (a voucher, a
	// bank transfer) may take beyond it, once; nothing means three times
	// deposit, nine days for 72h.
	SlowMethod options.Duration `json:"slowMethod,omitempty"`
	// BalanceBefore arrival the balance is charged.
	BalanceBefore options.Duration `json:"balanceBefore"`
	// ArrivalCheckBefore arrival an unpaid balance raises attention.
	ArrivalCheckBefore options.Duration `json:"arrivalCheckBefore"`
	// Cancelling is how long one compensation may take before attention.
	Cancelling options.Duration `json:"cancelling"`
	// LateWindow is how long a closed plan waits for money that comes too late.
	LateWindow options.Duration `json:"lateWindow"`
	// AttendanceAfter the session's end the appointment closes by itself.
	AttendanceAfter options.Duration `json:"attendanceAfter"`
}

// Session is the program's appointment.
type Session struct {
	CalendarID string           `json:"calendarId"`
	Title      string           `json:"title"`        // a code
	After      options.Duration `json:"afterArrival"` // start, from arrival
	Duration   options.Duration `json:"duration"`
	Reminders  []Reminder       `json:"reminders"`
	// Monitoring says how the guest is watched during it; nil is not at all.
	Monitoring *Monitoring `json:"monitoring,omitempty"`
}

// Monitoring says how a session is watched by a monitor that the guest wears.
type Monitoring struct {
	Protocol Protocol `json:"protocol"`
	// Longest is when a session ends that nobody has ended, 72h at most.
	Longest options.Duration `json:"longest"`
}

// Protocol is what is watched for, as a clinician has signed it.
type Protocol struct {
	Code     string    `json:"code"`
	SignedBy string    `json:"signedBy"` // a code
	SignedAt time.Time `json:"signedAt"`
	// Thresholds are the limits that differ from the defaults, an object such as
	// {"qtc": {"warning": 470, "critical": 500}}; nothing means the defaults.
	Thresholds json.RawMessage `json:"thresholds,omitempty"`
}

// Reminder is one message before an appointment. Days count on the wall clock
// (the same time of day, days earlier), Before counts elapsed time; exactly
// one of the two is set.
type Reminder struct {
	Name     string           `json:"name"` // "24h"
	Days     int              `json:"days,omitempty"`
	Before   options.Duration `json:"before,omitempty"`
	Channels []string         `json:"channels"` // "sms", "email"
}

// RefundTier gives back a share of what was captured when the request was
// received at least AtLeast before arrival. The first tier that fits applies;
// none means nothing is given back.
type RefundTier struct {
	AtLeast        options.Duration `json:"atLeast"`
	DepositPercent int              `json:"depositPercent"`
	BalancePercent int              `json:"balancePercent"`
}

// QuietHours is a window in which no text is sent, "21:00" to "08:00".
type QuietHours struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

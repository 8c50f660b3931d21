package follow

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"guestjourney/workflows/kit"
)

// Standing is where a workflow stands: what the statuses of all types have in
// common.
type Standing struct {
	Stage     string         `json:"stage"`
	Since     time.Time      `json:"since,omitzero"`
	WaitsFor  string         `json:"waitsFor,omitempty"`
	Control   string         `json:"control"`
	Attention []string       `json:"attention,omitempty"`
	Deadlines []kit.Deadline `json:"nextDeadlines"`
	Money     Money          `json:"money,omitzero"`
	Currency  string         `json:"currency,omitempty"`
	Captured  int64          `json:"capturedMinor,omitempty"`
	Refunded  int64          `json:"refundedMinor,omitempty"`
	Session   Session        `json:"session,omitzero"`
}

// Money is a journey's view of its plan; a plan shows its state alone.
type Money struct {
	State    string `json:"state"`
	PlanID   string `json:"planId"`
	Captured int64  `json:"capturedMinor"`
	Refunded int64  `json:"refundedMinor"`
}

// UnmarshalJSON reads both forms.
func (m *Money) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &m.State)
	}
	type plain Money
	return json.Unmarshal(data, (*plain)(m))
}

// Session is the journey's view of its appointment.
type Session struct {
	ID string `json:"id"`
}

// Others are the workflows whose lines and calls belong to this one's story: a
// journey's payment plan and appointment.
func (s Standing) Others() []string {
	var list []string
	for _, id := range []string{s.Money.PlanID, s.Session.ID} {
		if id != "" {
			list = append(list, id)
		}
	}
	return list
}

// MoneyLine is one readable line, or empty while there is no money.
func (s Standing) MoneyLine() string {
	if s.Money.State == "" {
		return ""
	}
	currency := ""
	if s.Currency != "" {
		currency = ", " + s.Currency
	}
	captured, refunded := max(s.Money.Captured, s.Captured), max(s.Money.Refunded, s.Refunded)
	return fmt.Sprintf("%s: %d captured, %d refunded (minor units%s)", s.Money.State, captured, refunded, currency)
}

// Wait says what it waits for, until when, and what happens then. A step that
// is under way is no wait: its call is told.
func (s Standing) Wait() string {
	for _, deadline := range s.Deadlines {
		if strings.HasPrefix(s.WaitsFor, deadline.Name+" until ") {
			return fmt.Sprintf("%s, then: %s", s.WaitsFor, deadline.Consequence)
		}
	}
	return ""
}

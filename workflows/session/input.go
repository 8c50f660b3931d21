package session

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"guestjourney/internal/identity"
)

// Input starts a SessionMonitor.
type Input struct {
	Notify   string   `json:"notify,omitempty"` // the workflow that is told
	GuestRef string   `json:"guestRef"`
	Device   string   `json:"device"` // whose readings are those of this session
	Room     string   `json:"room"`   // a short label, as pages say it: "3"
	Protocol Protocol `json:"protocol"`
	// QTcBaseline is the guest's own, in milliseconds; 0 is unknown.
	QTcBaseline float64 `json:"qtcBaseline,omitempty"`
	// LatestEnd is when the session ends if nobody has ended it.
	LatestEnd time.Time `json:"latestEnd"`
	Clearance Clearance `json:"clearance"`
	Test      bool      `json:"test,omitempty"`
	State     *State    `json:"state,omitempty"` // only continue-as-new sets it
}

// Protocol is what is watched for, as a clinician has signed it.
type Protocol struct {
	Code     string    `json:"code"`
	SignedBy string    `json:"signedBy"`
	SignedAt time.Time `json:"signedAt"`
	// Thresholds are read by the telemetry process; empty means the defaults.
	Thresholds json.RawMessage `json:"thresholds,omitempty"`
}

// Clearance is the medical clearance under which the session is held.
type Clearance struct {
	Ref        string    `json:"ref"`
	ValidUntil time.Time `json:"validUntil"`
}

const (
	// longest is how far away the latest end may be: a day's session and its
	// margin, so that a wrong date does not leave a session open for months.
	longest = 72 * time.Hour
	// maxThresholds is far above what a protocol needs, in bytes.
	maxThresholds = 32 << 10
)

// Forms of what is shown or said: a page says the room.
var (
	roomForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,12}$`)
	codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)
)

// isCode says whether a text is a code that may be shown in clear.
func isCode(text string) bool { return codeForm.MatchString(text) && !identity.LooksLikeAddress(text) }

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	var problems []string
	want := func(fine bool, problem string) {
		if !fine {
			problems = append(problems, problem)
		}
	}
	want(isCode(i.GuestRef), "guestRef: want a code, no address")
	want(isCode(i.Device), "device: want a code")
	want(roomForm.MatchString(i.Room), "room: want a label of at most 12 letters, digits and hyphens")
	want(isCode(i.Protocol.Code), "protocol.code: want a code")
	want(i.Protocol.SignedBy != "" && !i.Protocol.SignedAt.IsZero(), "protocol: want signedBy and signedAt: a clinician signs what is watched for")
	want(len(i.Protocol.Thresholds) <= maxThresholds, fmt.Sprintf("protocol.thresholds: want at most %d bytes", maxThresholds))
	want(i.QTcBaseline == 0 || i.QTcBaseline >= 200 && i.QTcBaseline <= 800, "qtcBaseline: want milliseconds, 200 to 800")
	want(!i.LatestEnd.IsZero(), "latestEnd: missing")
	want(i.Clearance.Ref != "", "clearance.ref: missing; no session without a clearance")
	want(!i.Clearance.ValidUntil.IsZero(), "clearance.validUntil: missing")
	return problems
}

// refusal says why a session cannot begin now; "" means that it can.
func (i Input) refusal(now time.Time) string {
	var problems []string
	if !i.Clearance.ValidUntil.After(now) {
		problems = append(problems, "clearance.validUntil: it is not valid any more; no session without a valid clearance")
	}
	if !i.LatestEnd.After(now) || i.LatestEnd.Sub(now) > longest {
		problems = append(problems, "latestEnd: want a time within the next "+longest.String())
	}
	return strings.Join(problems, "; ")
}

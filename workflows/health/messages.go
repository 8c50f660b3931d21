package health

import (
	"time"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/workflows/kit"
)

// Registered workflow types.
const (
	Type          = "IntegrationHealth"
	CheckType     = "HealthCheck"
	DeepCheckType = "DeepHealthCheck"
)

// What a check has asked of a provider.
const (
	CheckPing     = ""         // its cheapest signed-in call
	CheckFunction = "function" // to do what it is there for
)

// ID is the workflow ID of the one IntegrationHealth.
const ID = "health/integrations"

// SignalReport hands a Report to IntegrationHealth.
const SignalReport = "health_report"

// SignalWorker hands a WorkerReport to IntegrationHealth.
const SignalWorker = "worker_report"

// AttentionSilent is the reason for attention when no report comes.
const AttentionSilent = "no_health_reports"

// AttentionDown begins the reason for attention of a provider that is down.
const AttentionDown = "down:"

// Input starts IntegrationHealth; an empty one is right.
type Input struct {
	State *State `json:"state,omitempty"` // only continue-as-new sets it
}

// Problems of an input there are none.
func (Input) Problems() []string { return nil }

// Report is what one check has found.
type Report struct {
	// Check is what was asked: CheckPing or CheckFunction.
	Check string `json:"check,omitempty"`
	// At is when the check had its last answer.
	At       time.Time `json:"at"`
	Findings []Finding `json:"findings"`
	// Skipped are the capabilities that were not tried, and why.
	Skipped []Skipped `json:"skipped,omitempty"`
}

// Skipped is a capability that was not tried.
type Skipped struct {
	Capability string `json:"capability"`
	Reason     string `json:"reason"`
}

// Finding is the answer of one provider, or that there was none.
type Finding struct {
	// Capability is what the provider is used for, by the name of its queue.
	Capability string `json:"capability"`
	// Provider is the vendor's name; empty if nobody has answered.
	Provider string `json:"provider,omitempty"`
	Failed   bool   `json:"failed,omitempty"`
	// Class and Code say how it failed.
	Class failure.Class `json:"class,omitempty"`
	Code  string        `json:"code,omitempty"`
}

// WorkerReport is what one worker process knows of its own calls.
type WorkerReport struct {
	// Worker names the process: a random name, made at its start. It says nothing
	// of the machine.
	Worker string `json:"worker"`
	// Leaving: the process ends in good order, and will not be missed.
	Leaving  bool      `json:"leaving,omitempty"`
	Circuits []Circuit `json:"circuits,omitempty"`
}

// Circuit is how the calls of one process to one provider fare.
type Circuit struct {
	Provider string `json:"provider"`
	State    string `json:"state"`
	// Failures are those in a row that counted.
	Failures    int       `json:"failures"`
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
	// Threshold is how many failures open it, and OpenFor how long it then
	// refuses calls: as this process is configured.
	Threshold int              `json:"threshold"`
	OpenFor   options.Duration `json:"openFor"`
}

// States of a circuit, the best first.
const (
	CircuitClosed   = "closed"    // calls are made
	CircuitHalfOpen = "half_open" // a few are, to try the provider out
	CircuitOpen     = "open"      // they are refused
	CircuitUnknown  = "unknown"   // nobody has told lately
)

// CheckResult is what a closed HealthCheck returns.
type CheckResult struct {
	Asked  int `json:"asked"`
	Failed int `json:"failed"`
}

// DeepCheckResult is what a closed DeepHealthCheck returns. The Schedule hands
// it to the next one, which learns from it whether a text is due.
type DeepCheckResult struct {
	Asked   int       `json:"asked"`
	Failed  int       `json:"failed"`
	Skipped []Skipped `json:"skipped,omitempty"`
	// Texted is when a text was last sent to the house's own number, and
	// TextFailed says that it did not arrive.
	Texted     time.Time `json:"texted,omitzero"`
	TextFailed bool      `json:"textFailed,omitempty"`
}

// Result is what a closed IntegrationHealth returns; only Temporal's Cancel
// closes it, and the next HealthCheck begins another.
type Result struct {
	Stage string `json:"stage"`
}

// Overview answers the query "status".
type Overview struct {
	// Stage is the state of the provider that fares worst.
	Stage      string     `json:"stage"`
	Since      time.Time  `json:"since"`
	ReportedAt time.Time  `json:"reportedAt,omitzero"` // of the last report taken
	Providers  []Provider `json:"providers"`
	Functions  Functions  `json:"functions"`
	// Workers are the last reports of those that have not said goodbye, and Fleet
	// is what they come to now.
	Workers       []Worker       `json:"workers,omitempty"`
	Fleet         Fleet          `json:"fleet"`
	Changes       []Change       `json:"changes,omitempty"` // oldest first
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Attention     []string       `json:"attention,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
}

package rotation

import (
	"time"

	"guestjourney/workflows/kit"
)

// Registered workflow types.
const (
	Type      = "SecretRotation"
	RoundType = "RotationRound"
)

// IDPrefix begins the workflow ID of a SecretRotation; the secret's name ends it.
const IDPrefix = "rotation/"

// Names of the updates beside those that every workflow offers. Their input is an
// envelope.
const (
	// UpdateProvided: a person has stored a new version to be tried.
	UpdateProvided = "provided"
	// UpdateConfirm: a person vouches for a version that no program can try.
	UpdateConfirm = "confirm"
	// UpdateRetired: a person has ended the former version at its provider.
	UpdateRetired = "retired"
)

// What the reasons for attention begin with; the secret's name ends them.
const (
	AttentionProvide = "provide_secret:"
	AttentionConfirm = "confirm_secret:"
	AttentionRetire  = "retire_secret:"
	// AttentionRefused has the code of the refusal after the name.
	AttentionRefused = "secret_refused:"
)

// Input starts a SecretRotation.
type Input struct {
	// Secret is its name, such as "jwt_signing_key".
	Secret string `json:"secret"`
	State  *State `json:"state,omitempty"` // only continue-as-new sets it
}

// Problems lists what is wrong with an input beyond its types.
func (i Input) Problems() []string {
	if i.Secret == "" {
		return []string{"secret: missing"}
	}
	return nil
}

// Result is what a closed SecretRotation returns.
type Result struct {
	Stage   string `json:"stage"`
	Version string `json:"version,omitempty"` // in force because of it
}

// RoundResult is what a closed RotationRound returns.
type RoundResult struct {
	// Due are the secrets whose time had come, and Begun those of them of which no
	// rotation was under way.
	Due   []string `json:"due,omitempty"`
	Begun []string `json:"begun,omitempty"`
}

// Overview answers the query "status".
type Overview struct {
	Secret string    `json:"secret"`
	Stage  string    `json:"stage"`
	Since  time.Time `json:"since"`
	// By is who makes the new version: "api" or "person".
	By string `json:"by,omitempty"`
	// Do says what a person is asked to do now.
	Do      string `json:"do,omitempty"`
	Version string `json:"version,omitempty"`
	// Refused is why the last version was withdrawn.
	Refused       string         `json:"refused,omitempty"`
	Control       string         `json:"control"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Attention     []string       `json:"attention,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Commands      []kit.Outcome  `json:"commands,omitempty"`
}

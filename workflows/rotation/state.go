package rotation

import (
	"slices"
	"time"

	"guestjourney/activities/rotation"
	"guestjourney/workflows/kit"
)

// Stages of a SecretRotation.
const (
	StagePreparing   = "preparing"
	StageCreating    = "creating"    // the house makes the new version
	StageAwaiting    = "awaiting"    // a person does
	StageOverlap     = "overlap"     // every program reads it beside the one in force
	StageTrial       = "trial"       // it is tried
	StageUnconfirmed = "unconfirmed" // only a person can tell
	StagePromoting   = "promoting"   // it comes in force
	StageSettling    = "settling"    // every program takes it up; then it is tried again
	StageRetiring    = "retiring"    // a person ends the former one
	StageWithdrawing = "withdrawing" // the former one stays, or is in force again
	StageDone        = "done"
	StageDiscarded   = "discarded" // by a cancel
)

// State is what a SecretRotation knows; it travels through continue-as-new.
type State struct {
	Common kit.Common    `json:"common"`
	Stage  string        `json:"stage"`
	Since  time.Time     `json:"since"`
	Plan   rotation.Plan `json:"plan"`
	// Version is on trial, or in force since.
	Version string `json:"version,omitempty"`
	// Versions counts those that were tried, and names their steps.
	Versions int `json:"versions,omitempty"`
	// Refused is why the last one was withdrawn.
	Refused string `json:"refused,omitempty"`
	// Told is the command of a person that the stage waits for, "" if it has not
	// come.
	Told string `json:"told,omitempty"`
	// Cancelled says that it is given up, and CancelledBy by which command.
	Cancelled   bool   `json:"cancelled,omitempty"`
	CancelledBy string `json:"cancelledBy,omitempty"`
}

func terminal(stage string) bool { return slices.Contains([]string{StageDone, StageDiscarded}, stage) }

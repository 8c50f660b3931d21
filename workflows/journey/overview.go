package journey

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Overview answers the query "status".
type Overview struct {
	Stage         string         `json:"stage"`
	Since         time.Time      `json:"since"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Control       string         `json:"control"`
	Attention     []string       `json:"attention,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Money         Money          `json:"money"`
	Session       Session        `json:"session"`
	Monitoring    Monitoring     `json:"monitoring,omitzero"`
	ArrivalAt     time.Time      `json:"arrivalAt,omitzero"`
	Departure     time.Time      `json:"departure,omitzero"`
	Unreachable   []string       `json:"unreachable,omitempty"` // channels
	Waived        []string       `json:"waived,omitempty"`      // guards, as "stage:guard"
	Program       string         `json:"program"`
	ProgramHash   string         `json:"programHash,omitempty"`
	GuestRef      string         `json:"guestRef"`
	OptedOut      []string       `json:"optedOut,omitempty"`
	Steps         []StepView     `json:"steps,omitempty"` // that wait or are parked
	Commands      []kit.Outcome  `json:"commands,omitempty"`
	Owner         string         `json:"owner,omitempty"`
	Clearance     Clearance      `json:"clearance,omitzero"`
	Attendance    Attendance     `json:"attendance,omitzero"`
	Notes         []OperatorNote `json:"notes,omitempty"`
}

// StepView is one step that is not done.
type StepView struct {
	Step      string         `json:"step"`
	Status    kit.StepStatus `json:"status"`
	Error     string         `json:"error,omitempty"`
	Skippable bool           `json:"skippable,omitempty"`
}

func (j *journey) overview() Overview {
	return Overview{
		Stage: j.state.Stage, Since: j.state.Since, WaitsFor: j.core.WaitsFor(), Control: j.state.Common.Control,
		Attention: j.state.Common.Attention, NextDeadlines: j.core.NextDeadlines(), Money: j.state.Money,
		Session: j.state.Session, Monitoring: j.state.Monitoring, ArrivalAt: j.state.ArrivalAt, Departure: j.state.Departure,
		Unreachable: j.state.Unreachable, Waived: j.state.Waived, Program: j.input.Program,
		ProgramHash: j.state.Program.Hash, GuestRef: j.state.GuestRef, OptedOut: j.state.OptedOut,
		Steps: j.openSteps(), Commands: j.state.Common.Outcomes,
		Owner: j.state.Owner, Clearance: j.state.Clearance, Attendance: j.state.Attendance, Notes: j.state.Notes,
	}
}

func (j *journey) openSteps() []StepView {
	var list []StepView
	for _, name := range workflow.DeterministicKeys(j.state.Common.Ledger) {
		entry := j.state.Common.Ledger[name]
		switch entry.Status {
		case kit.StepParked, kit.StepRetrying, kit.StepTrying:
			list = append(list, StepView{Step: name, Status: entry.Status, Error: entry.Error, Skippable: entry.Skippable})
		}
	}
	return list
}

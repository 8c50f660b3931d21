package inbox

import (
	"fmt"
	"time"

	"guestjourney/workflows/kit"
)

// Overview answers the query "status". It leaves out what the fact says: whoever
// routes it needs to know what it is about, not what is in it.
type Overview struct {
	Stage         string         `json:"stage"`
	Since         time.Time      `json:"since"`
	Provider      string         `json:"provider"`
	Type          string         `json:"type"`
	Account       string         `json:"account,omitempty"`
	Event         string         `json:"event"`
	Target        string         `json:"target"`
	Signal        string         `json:"signal"`
	FactID        string         `json:"factId"`
	Object        string         `json:"object,omitempty"`
	ReceivedAt    time.Time      `json:"receivedAt"`
	Tries         int            `json:"tries"`
	LastTry       time.Time      `json:"lastTry,omitzero"`
	Control       string         `json:"control"`
	WaitsFor      string         `json:"waitsFor,omitempty"`
	Attention     []string       `json:"attention,omitempty"`
	NextDeadlines []kit.Deadline `json:"nextDeadlines"`
	Commands      []kit.Outcome  `json:"commands,omitempty"`
}

func (e *event) overview() Overview {
	return Overview{
		Stage: e.state.Stage, Since: e.state.Since, Provider: e.input.Provider, Type: e.input.Type, Account: e.input.Account,
		Event: e.input.Event, Target: e.state.Target, Signal: e.input.Signal, FactID: e.input.Fact.ID, Object: e.input.Fact.Object,
		ReceivedAt: e.input.ReceivedAt, Tries: e.state.Tries, LastTry: e.state.LastTry, Control: e.state.Common.Control,
		WaitsFor: e.core.WaitsFor(), Attention: e.state.Common.Attention, NextDeadlines: e.core.NextDeadlines(),
		Commands: e.state.Common.Outcomes,
	}
}

// Explanation has the keys of a journey's, so that one command reads both.
type Explanation struct {
	Stage     string      `json:"stage"`
	Since     time.Time   `json:"since"`
	WaitsFor  string      `json:"waitsFor"`
	Control   string      `json:"control"`
	Blocked   []Block     `json:"blocked"`
	Next      []Next      `json:"next"`
	Escalates *Escalation `json:"escalates"`
}

// Block is one thing that is in the way, and what would move it.
type Block struct {
	Reason  string   `json:"reason"`
	Unblock []string `json:"unblock"`
}

// Next is what happens by itself.
type Next struct {
	Name        string    `json:"name"`
	At          time.Time `json:"at"`
	Consequence string    `json:"consequence"`
}

// Escalation is when a person is asked, or the event given up.
type Escalation struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

func (e *event) explain() Explanation {
	answer := Explanation{
		Stage: e.state.Stage, Since: e.state.Since, WaitsFor: e.core.WaitsFor(), Control: e.state.Common.Control,
		Blocked: []Block{}, Next: []Next{},
	}
	if !e.waits() {
		return answer
	}
	if e.core.Held() {
		answer.Blocked = append(answer.Blocked, Block{
			Reason:  "held by an operator since " + e.state.Common.HeldSince.Format(time.RFC3339),
			Unblock: []string{kit.UpdateRelease},
		})
	}
	answer.Blocked = append(answer.Blocked, Block{
		Reason:  fmt.Sprintf("%s; tries: %d", e.missing(e.state.Target), e.state.Tries),
		Unblock: []string{e.state.Target + " is started", UpdateRoute, UpdateDiscard},
	})
	for _, deadline := range e.core.NextDeadlines() {
		answer.Next = append(answer.Next, Next{Name: deadline.Name, At: deadline.At, Consequence: deadline.Consequence})
	}
	at, what := e.escalates()
	answer.Escalates = &Escalation{At: at, What: what}
	return answer
}

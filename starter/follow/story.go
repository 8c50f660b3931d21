package follow

import (
	"slices"
	"time"

	"guestjourney/workflows/kit"
)

// Story turns looks at a workflow into changes: each is told once.
type Story struct {
	id       string
	told     []kit.Line // of the timeline
	wait     string
	money    string
	control  string
	standing Standing
}

// NewStory begins the story of a workflow.
func NewStory(id string) *Story { return &Story{id: id, control: kit.ControlRunning} }

// Standing is where the workflow stood at the last look.
func (s *Story) Standing() Standing { return s.standing }

// Look returns what is new in a timeline and a status.
func (s *Story) Look(now time.Time, timeline []kit.Line, status Standing) []Change {
	changes := s.lines(timeline)
	add := func(kind, text string) {
		changes = append(changes, Change{At: now, Workflow: s.id, Kind: kind, Text: text})
	}
	if wait := status.Wait(); wait != "" && wait != s.wait {
		s.wait = wait
		add(KindWaits, wait)
	}
	if money := status.MoneyLine(); money != s.money {
		s.money = money
		add(KindMoney, money)
	}
	if status.Control != s.control {
		s.control = status.Control
		add(KindControl, status.Control)
	}
	for _, reason := range without(status.Attention, s.standing.Attention) {
		add(KindAttention, reason)
	}
	for _, reason := range without(s.standing.Attention, status.Attention) {
		add(KindSettled, reason)
	}
	if status.Since.IsZero() {
		status.Since = lastStage(timeline)
	}
	s.standing = status
	return changes
}

// lines returns the lines of the timeline that were not there before. The
// reasons for attention are told by the status, which knows those that are older
// than the timeline, and those that are settled.
func (s *Story) lines(timeline []kit.Line) []Change {
	var changes []Change
	for _, line := range timeline {
		if line.Kind != KindAttention && !slices.Contains(s.told, line) {
			changes = append(changes, Change{At: line.At, Workflow: s.id, Kind: line.Kind, Text: line.Text, Actor: line.Actor})
		}
	}
	s.told = slices.Clone(timeline)
	return changes
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return slices.Contains(other, one) })
}

func lastStage(timeline []kit.Line) time.Time {
	for _, line := range slices.Backward(timeline) {
		if line.Kind == KindStage {
			return line.At
		}
	}
	return time.Time{}
}

package integration

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// scenario is one way of a guest as testdata/costs.json declares it: all that
// happens, from which its cost follows.
type scenario struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Workflows that take part, by type.
	Workflows map[string]declared `json:"workflows"`
	// With are calls that an activity makes beside the one by which it is
	// counted: a deal is written, and then tied to its contact.
	With map[string]int `json:"with,omitempty"`
	// Ignored are posted facts that no workflow hears: nobody acts on them, or
	// whoever would has closed.
	Ignored map[string]int `json:"ignored,omitempty"`
	// Promise bounds the journey's own history.
	Promise *promise `json:"promise,omitempty"`
}

// promise is what a stay of so many effects and facts, in all workflows
// together, may come to in the GuestJourney's history.
type promise struct {
	Effects int   `json:"effects"`
	Facts   int   `json:"facts"`
	Events  int   `json:"events"`
	Bytes   int64 `json:"bytes"`
}

// declared is what happens in the workflows of one type.
type declared struct {
	Count int  `json:"count,omitempty"` // of them; 0 means 1
	Child bool `json:"child,omitempty"`
	Open  bool `json:"open,omitempty"` // they have not closed at the end

	// Activities: those that change something outside and those that read there,
	// as the sandbox's journal names them, and those that stay inside.
	Effects  map[string]int `json:"effects,omitempty"`
	Readings map[string]int `json:"readings,omitempty"`
	Inside   map[string]int `json:"inside,omitempty"`

	// Messages: facts as they were posted, operators' updates, updates that an
	// activity asks of our own workflows, and signals from and to other workflows.
	Facts    map[string]int `json:"facts,omitempty"`
	Updates  map[string]int `json:"updates,omitempty"`
	Requests map[string]int `json:"requests,omitempty"`
	Heard    map[string]int `json:"heard,omitempty"` // by the sender's type
	Told     map[string]int `json:"told,omitempty"`  // by the receiver's type

	// Children that are started, and those among them that end before this.
	Children []string `json:"children,omitempty"`
	Ended    []string `json:"ended,omitempty"`

	// Turns are the messages whose instant came: a timer passes as for a deadline,
	// but the timeline has no line for it. Those of one instant have one turn.
	Turns []string `json:"turns,omitempty"`

	// Waits are the deadlines that pass. Cancelled are those that do not, each
	// with the fact, update or sender that came first. Left still run at the end.
	Waits     []string          `json:"waits,omitempty"`
	Cancelled map[string]string `json:"cancelled,omitempty"`
	Left      []string          `json:"left,omitempty"`

	// Stages that are entered after the first. Shown is how often what visibility
	// shows changes: the stage, the next deadline, money, attention, control.
	Stages []string `json:"stages,omitempty"`
	Shown  int      `json:"shown"`

	// Shared messages come in the task of something else. MayMerge is how many
	// more may do so, because their instants are not ours to choose.
	Shared   int    `json:"shared,omitempty"`
	MayMerge int    `json:"mayMerge,omitempty"`
	Reason   string `json:"reason"`
}

func declarations(t *testing.T) []scenario {
	t.Helper()
	data, err := os.ReadFile("testdata/costs.json")
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var list []scenario
	require.NoError(t, decoder.Decode(&list), "testdata/costs.json")
	return list
}

func (d declared) count() int { return max(d.Count, 1) }

// bill puts a declaration into numbers.
func (d declared) bill() bill {
	b := bill{
		workflows: d.count(), closed: d.count(), activities: sum(d.Effects) + sum(d.Readings) + sum(d.Inside),
		waits: len(d.Turns) + len(d.Waits), cancelled: len(d.Cancelled), left: len(d.Left), signals: sum(d.Facts) + sum(d.Heard),
		updates: sum(d.Updates) + sum(d.Requests), told: sum(d.Told), children: len(d.Children), ended: len(d.Ended),
		upserts: d.Shown, shared: d.Shared,
	}
	if d.Open {
		b.closed = 0
	}
	if d.Child {
		b.child = d.count()
	}
	return b
}

// visible is the most that a declaration can show: the start, each stage, and
// each deadline when it is set and when it is over.
func (d declared) visible() int {
	return d.count() + len(d.Stages) + 2*len(d.Turns) + 2*len(d.Waits) + 2*len(d.Cancelled) + len(d.Left)
}

func sum(counts map[string]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}

// total adds up one kind of declaration over all types of a scenario.
func (s scenario) total(kind func(declared) map[string]int) map[string]int {
	total := map[string]int{}
	for _, d := range s.Workflows {
		for name, count := range kind(d) {
			total[name] += count
		}
	}
	return total
}

func plus(all ...map[string]int) map[string]int {
	total := map[string]int{}
	for _, counts := range all {
		for name, count := range counts {
			total[name] += count
		}
	}
	return total
}

// types of a scenario, in the table's order.
func (s scenario) types() []string { return slices.Sorted(maps.Keys(s.Workflows)) }

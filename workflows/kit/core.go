package kit

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"guestjourney/activities/options"
)

// Policy is what a worker allows its workflows.
type Policy struct {
	// AllowPlaintext says whether an input that was not encrypted is accepted.
	// It is read in a side effect or a validator, never on replay.
	AllowPlaintext func() bool
}

// ErrLeave tells the loop to continue as new.
var ErrLeave = errors.New("leave by continue-as-new")

// ErrDiverted tells the loop that a command changed the way, and that the
// present stage must be left or entered again.
var ErrDiverted = errors.New("diverted by a command")

// Control states.
const (
	ControlRunning = "running"
	ControlHeld    = "held"
)

// Common is the part of a workflow's state that the kit owns. It travels
// through continue-as-new.
type Common struct {
	Ledger    map[string]*Entry   `json:"ledger"`
	Deadlines map[string]Deadline `json:"deadlines,omitempty"`
	Seen      []string            `json:"seen,omitempty"`
	Outcomes  []Outcome           `json:"outcomes,omitempty"`
	Timeline  []Line              `json:"timeline,omitempty"`
	Attention []string            `json:"attention,omitempty"`
	Control   string              `json:"control"`
	HeldSince time.Time           `json:"heldSince,omitzero"`
	HeldUntil time.Time           `json:"heldUntil,omitzero"`
	// HoldRuns: the guest's deadlines run on during this hold.
	HoldRuns bool `json:"holdRuns,omitempty"`
	// SendMissed: the last release asked to send what the hold silenced.
	SendMissed bool `json:"sendMissed,omitempty"`
	// ReleasedAt is when the last hold ended.
	ReleasedAt time.Time `json:"releasedAt,omitzero"`
	// WasReset: some run of this chain was a reset, so an effect that looks new
	// may have been made before; every look-up is made from then on.
	WasReset  bool      `json:"wasReset,omitempty"`
	Published published `json:"published,omitzero"`
	Generated int       `json:"generated,omitempty"` // counts outgoing messages
}

// Bounds of what travels along.
const (
	maxSeen     = 1000
	maxOutcomes = 200
	maxTimeline = 200
)

// Core runs one workflow on its state.
type Core struct {
	common *Common
	policy Policy
	pace   options.Pace
	// key is the stable part of every effect key.
	key string
	// face tells what to publish.
	face func() Face
	// diverted says whether the loop must be told before anything else happens.
	diverted func() bool
	// leaves decides whether the history ends at this wait.
	leaves func(asked bool) bool

	roles  Roles
	offers []offered
	// retries: retry_step is offered.
	retries bool

	drains   []func()
	timer    *armed
	waiting  string // what the loop waits for, for the details
	until    time.Time
	nudges   int // handlers that changed the state
	noticed  int // nudges that the loop has acted on
	turns    int // how often the loop has come to rest
	leave    bool
	upcoming func() []Deadline
}

// Open makes the core of a run. The returned context is disconnected from
// Temporal's own Cancel, which equals the cancel command: see OnCancel.
func Open(ctx workflow.Context, common *Common, policy Policy, pace options.Pace, face func() Face) (workflow.Context, *Core) {
	if common.Ledger == nil {
		common.Ledger = map[string]*Entry{}
	}
	if common.Deadlines == nil {
		common.Deadlines = map[string]Deadline{}
	}
	if common.Control == "" {
		common.Control = ControlRunning
	}
	info := workflow.GetInfo(ctx)
	if info.OriginalRunID != info.WorkflowExecution.RunID {
		common.WasReset = true
	}
	core := &Core{
		common: common, policy: policy, pace: pace.WithDefaults(), face: face,
		key:      effectPrefix(info.WorkflowExecution.ID, info.FirstRunID),
		diverted: func() bool { return false },
		leaves:   func(asked bool) bool { return asked },
		upcoming: func() []Deadline { return nil },
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	ctx = options.WithPace(ctx, core.pace)
	core.watchHold(ctx)
	core.showAtRest(ctx)
	OnSignal(ctx, core, SignalContinueAsNew, "Continue as new at the next wait: the quiet point before an upgrade.",
		func(Empty) string { return "" }, func(Empty) { core.leave = true })
	return ctx, core
}

// Empty is a message without content.
type Empty struct {
	// Reason is free text for the timeline; optional.
	Reason string `json:"reason,omitempty"`
}

// DivertWhen says when a stage must hand back to the loop at its next wait.
func (c *Core) DivertWhen(condition func() bool) { c.diverted = condition }

// LeaveWhen lets a workflow decide when its history ends: one that has work
// beside its loop stays until that is done, and one may leave unasked. asked says
// that the server suggests it or somebody has asked for it.
func (c *Core) LeaveWhen(decide func(asked bool) bool) { c.leaves = decide }

// OnCancel runs apply once when Temporal's own Cancel arrives. ctx is the
// workflow's original context.
func (c *Core) OnCancel(ctx workflow.Context, apply func()) {
	workflow.GoNamed(ctx, "cancel", func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		apply()
		c.Nudge()
	})
}

// Nudge makes the loop look at the state again.
func (c *Core) Nudge() { c.nudges++ }

// Held says whether an operator holds the workflow.
func (c *Core) Held() bool { return c.common.Control == ControlHeld }

// NextID returns a new ID for an outgoing message, unique in the chain of runs.
func (c *Core) NextID() string {
	c.common.Generated++
	return c.key + "/" + itoa(c.common.Generated)
}

// wait blocks the loop until the condition holds. Handlers that changed the
// state wake it, so that they can answer what the loop has made of it.
func (c *Core) wait(ctx workflow.Context, condition func() bool) {
	for {
		c.noticed = c.nudges
		if condition() {
			return
		}
		c.turns++
		// The context is disconnected: Await returns no error but a cancelled
		// one, which cannot be.
		if err := workflow.Await(ctx, func() bool { return condition() || c.nudges != c.noticed }); err != nil {
			panic("the loop's context was cancelled: " + err.Error())
		}
	}
}

// SetPace changes the pace of the steps to come; see Paced.
func (c *Core) SetPace(pace options.Pace) { c.pace = pace.WithDefaults() }

// Paced returns a context whose activity calls follow the core's pace.
func (c *Core) Paced(ctx workflow.Context) workflow.Context { return options.WithPace(ctx, c.pace) }

// NoPace is the pace of workflows that belong to no program: the defaults.
var NoPace = options.Pace{}

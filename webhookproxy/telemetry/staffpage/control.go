package staffpage

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"guestjourney/workflows/session"
)

var (
	// ErrSilent is wrapped if the control plane does not answer: whether a command
	// was taken is not known then.
	ErrSilent = errors.New("the control plane does not answer")
	// ErrNoMonitor is wrapped if no SessionMonitor of that name runs.
	ErrNoMonitor = errors.New("no session monitor has this session")
)

// Refusal is a command that the SessionMonitor did not accept, with its reason.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// How often a SessionMonitor is asked. Each answer costs its worker a task, so a
// quiet session is asked rarely; one whose alarms wait, often, because the ladder
// climbs by itself.
const (
	askQuiet   = 10 * time.Second
	askAlarmed = 2 * time.Second
	askBehind  = 400 * time.Millisecond // a transition of the store is not there yet
	askLook    = 200 * time.Millisecond
	// answerTime bounds one question. A control plane that needs longer is not one
	// that somebody could rely on.
	answerTime = 2 * time.Second
	asksAtOnce = 8
	// firstAnswers is how long the first picture waits, so that it does not begin
	// with alarms of which it does not say who sees to them.
	firstAnswers = time.Second
)

// control knows what the SessionMonitors have said last. It may be used by several
// goroutines.
type control struct {
	config Config
	news   chan struct{} // an answer has changed something
	first  chan struct{} // closed when every session was asked once

	mutex    sync.Mutex
	sessions map[string]*answer
}

// answer is the last one of a session.
type answer struct {
	overview session.Overview
	has      bool // there was one, perhaps before the last question
	asked    time.Time
	problem  error  // of the last question
	wanted   uint64 // the transition that it should know
	now      bool   // ask at once
}

func newControl(config Config) *control {
	return &control{config: config, news: make(chan struct{}, 1), first: make(chan struct{}), sessions: map[string]*answer{}}
}

// wants says that a session is looked at, and which transition it should know.
func (c *control) wants(name string, number uint64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.sessions[name] == nil {
		c.sessions[name] = &answer{}
	}
	c.sessions[name].wanted = number
}

func (c *control) forget(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.sessions, name)
}

// again asks at once: a command has changed something.
func (c *control) again(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.sessions[name] != nil {
		c.sessions[name].now = true
	}
}

// of returns what is known of a session.
func (c *control) of(name string) answer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if found := c.sessions[name]; found != nil {
		return *found
	}
	return answer{}
}

// known says whether the overview is how things stand.
func (a answer) known() bool { return a.has && a.problem == nil }

// isMissing and isSilent say why it is not known.
func (a answer) isMissing() bool { return errors.Is(a.problem, ErrNoMonitor) }
func (a answer) isSilent() bool  { return a.problem != nil && !a.isMissing() }

// awaitFirst waits for the first round, but not long.
func (c *control) awaitFirst(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstAnswers)
	defer cancel()
	select {
	case <-c.first:
	case <-ctx.Done():
	}
}

func (c *control) run(ctx context.Context) {
	ticker := time.NewTicker(askLook)
	defer ticker.Stop()
	for asked := false; ; {
		if names := c.due(); len(names) > 0 {
			c.askAll(ctx, names)
			if !asked {
				asked = true
				close(c.first)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// due are the sessions to be asked now.
func (c *control) due() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var names []string
	for name, one := range c.sessions {
		if one.now || c.config.Now().Sub(one.asked) >= one.pause() {
			names = append(names, name)
		}
	}
	return names
}

func (a *answer) pause() time.Duration {
	switch {
	case a.asked.IsZero():
		return 0
	case a.problem != nil:
		return askAlarmed
	case a.wanted > uint64(max(0, a.overview.LastNumber)):
		return askBehind
	}
	for _, alarm := range a.overview.Alarms {
		if alarm.State != session.StateCleared {
			return askAlarmed
		}
	}
	return askQuiet
}

func (c *control) askAll(ctx context.Context, names []string) {
	var group errgroup.Group
	group.SetLimit(asksAtOnce)
	for _, name := range names {
		group.Go(func() error {
			c.ask(ctx, name)
			return nil
		})
	}
	_ = group.Wait() // no error: each is kept with its session
}

func (c *control) ask(ctx context.Context, name string) {
	c.begin(name)
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	overview, err := c.config.Monitors.Status(ctx, name)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	one := c.sessions[name]
	if one == nil {
		return
	}
	changed := (one.problem == nil) != (err == nil)
	if one.problem = err; err == nil {
		changed = changed || !one.has || overview.LastNumber != one.overview.LastNumber || lastCommand(overview) != lastCommand(one.overview)
		one.overview, one.has = overview, true
	}
	if changed {
		select {
		case c.news <- struct{}{}:
		default: // there is news already
		}
	}
}

// begin is before the question, so that a command during it asks once more.
func (c *control) begin(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if one := c.sessions[name]; one != nil {
		one.asked, one.now = c.config.Now(), false
	}
}

// lastCommand names the last command that was carried out.
func lastCommand(overview session.Overview) string {
	if n := len(overview.Commands); n > 0 {
		return overview.Commands[n-1].CommandID
	}
	return ""
}

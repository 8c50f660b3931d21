package staffpage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"guestjourney/webhookproxy/telemetry/store"
)

const (
	// lookTime bounds one round over all sessions.
	lookTime = 5 * time.Second
	// pastsPerLook is how many sessions' older readings are read in one round: the
	// trend of the last quarter of an hour can wait, the values cannot.
	pastsPerLook = 4
)

// ward follows all sessions. It belongs to the hub's one goroutine, but for control.
type ward struct {
	config   Config
	control  *control
	sessions map[string]*follower
	nobody   *follower // alarms about devices that no session has
	asked    bool      // the first answers of the control plane were waited for
	problem  string    // why the readings are not current; empty when they are
}

func newWard(config Config) *ward {
	return &ward{config: config, control: newControl(config), sessions: map[string]*follower{}, nobody: newFollower(store.Unassigned)}
}

// look takes in what has come and makes a picture. What cannot be read leaves
// what is known, whose age goes on, and a notice.
func (w *ward) look(ctx context.Context) *picture {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	now := w.config.Now()
	err := w.follow(ctx, now)
	if err != nil && w.problem == "" && ctx.Err() == nil {
		w.config.Logger.Error("the live view cannot read the store", "error", err)
	}
	w.problem = ""
	if err != nil {
		w.problem = "The readings store does not answer: values and alarms below are old. Watch the bedside monitors."
	}
	if !w.asked && len(w.sessions) > 0 {
		w.asked = true
		w.control.awaitFirst(ctx)
	}
	return w.draw(now)
}

func (w *ward) follow(ctx context.Context, now time.Time) error {
	present, err := w.config.Readings.Sessions(ctx)
	if err != nil {
		return err
	}
	silent, err := w.config.Readings.WithoutDevice(ctx)
	if err != nil {
		return err
	}
	w.attend(append(present, silent...), now)
	problems, pasts := []error{w.nobody.lookAtTransitions(ctx, w.config.Readings)}, 0
	for _, one := range w.inOrder() {
		problems = append(problems, one.look(ctx, w.config.Readings, now))
		if !one.hasPast && pasts < pastsPerLook {
			problems, pasts = append(problems, one.lookBack(ctx, w.config.Readings, now)), pasts+1
		}
		w.control.wants(one.name, one.number)
	}
	return errors.Join(problems...)
}

// attend follows the sessions that last, and no others.
func (w *ward) attend(present []store.Assignment, now time.Time) {
	lasts := map[string]bool{}
	for _, assignment := range present {
		lasts[assignment.Session] = true
		if w.sessions[assignment.Session] == nil {
			w.sessions[assignment.Session] = newFollower(assignment.Session)
		}
		w.sessions[assignment.Session].configure(assignment, now)
	}
	for name := range w.sessions {
		if !lasts[name] {
			delete(w.sessions, name)
			w.control.forget(name)
		}
	}
}

// inOrder is by session, for a stable order of work; the page's is by room.
func (w *ward) inOrder() []*follower {
	list := make([]*follower, 0, len(w.sessions))
	for _, one := range w.sessions {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *follower) int { return strings.Compare(a.name, b.name) })
	return list
}

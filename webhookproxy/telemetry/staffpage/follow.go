package staffpage

import (
	"cmp"
	"context"
	"errors"
	"time"

	"guestjourney/webhookproxy/telemetry/detector"
	"guestjourney/webhookproxy/telemetry/outbox"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/webhookproxy/telemetry/watch"
)

const (
	pageOfRows = 500
	// inFuture is by how much a process's clock may be ahead of this one's, so that
	// what it has received is found.
	inFuture = time.Minute
	// logLength is how many changes a card lists.
	logLength = 12
)

// follower knows one session: what the detector says of its readings, and which
// transitions its owner has recorded.
type follower struct {
	name     string
	room     string // empty: nobody has said
	device   string // in words, if there is none
	config   detector.Config
	detector *detector.Detector
	view     detector.View
	position int64 // of the last batch; 0: none was found yet
	values   values
	trends   trends
	hasPast  bool // the trends reach back as far as they show
	ecg      ecgWindow

	alarms     map[string]detector.Transition // the last one of each
	number     uint64                         // of the last transition
	log        []detector.Transition          // the last ones, oldest first
	unreadable int                            // transitions and batches that the key ring cannot open
	configured error
}

func newFollower(name string) *follower {
	return &follower{name: name, values: values{}, trends: newTrends(), alarms: map[string]detector.Transition{}}
}

// configure takes over how the session is watched now: by what its owner goes by.
func (f *follower) configure(assignment store.Assignment, now time.Time) {
	f.room, f.device = assignment.Settings.Room, cmp.Or(assignment.Device, "none: nothing can come")
	f.config, f.configured = watch.ConfigOf(assignment, now)
	if f.detector != nil {
		f.configured = errors.Join(f.configured, f.detector.Configure(f.config, now))
	}
}

// look takes in what has come since the last one. Transitions come first: a
// detector that begins must know what was told.
func (f *follower) look(ctx context.Context, from Readings, now time.Time) error {
	told := f.lookAtTransitions(ctx, from)
	if f.detector == nil {
		if err := errors.Join(told, f.begin(ctx, from, now)); err != nil {
			return err
		}
	}
	err := f.next(ctx, from, now)
	f.detector.Tick(now)
	f.view = f.detector.View()
	f.values.take(f.view)
	return errors.Join(told, err, f.ecg.look(ctx, from, f.name, now.Add(-f.trends.offset)))
}

// begin rebuilds the detector from the last minutes.
func (f *follower) begin(ctx context.Context, from Readings, now time.Time) error {
	found, err := from.Range(ctx, f.name, now.Add(-detector.Window), now.Add(inFuture))
	if err != nil {
		return err
	}
	history := make([]detector.Received, 0, len(found))
	for _, one := range f.readable(found) {
		history = append(history, detector.Received{Batch: one.Batch, At: one.At})
		f.trends.take(one.Batch, one.At)
	}
	known := make([]detector.Transition, 0, len(f.alarms))
	for _, last := range f.alarms {
		known = append(known, last)
	}
	f.detector, err = detector.Rebuild(f.config, history, known, now)
	return err
}

// next feeds what has come. As long as nothing has, there is no position to go on
// from, and the last minutes are looked through.
func (f *follower) next(ctx context.Context, from Readings, now time.Time) error {
	for {
		var found []store.Stored
		var err error
		if f.position == 0 {
			found, err = from.Range(ctx, f.name, now.Add(-detector.Window), now.Add(inFuture))
		} else {
			found, err = from.Tail(ctx, f.name, f.position, pageOfRows)
		}
		if err != nil {
			return err
		}
		for _, one := range f.readable(found) {
			f.detector.Feed(one.Batch, one.At)
			f.trends.take(one.Batch, one.At)
		}
		if len(found) < pageOfRows {
			return nil
		}
	}
}

// readable leaves out what the key ring cannot open, and moves the position on.
func (f *follower) readable(found []store.Stored) []store.Stored {
	list := make([]store.Stored, 0, len(found))
	for _, one := range found {
		f.position = one.Position
		if one.Unreadable != nil {
			f.unreadable++
			continue
		}
		list = append(list, one)
	}
	return list
}

// lookBack reads the older part of what the trends show.
func (f *follower) lookBack(ctx context.Context, from Readings, now time.Time) error {
	found, err := from.Range(ctx, f.name, now.Add(-trendSpan), now.Add(-detector.Window))
	if err != nil {
		return err
	}
	for _, one := range found {
		if one.Unreadable == nil {
			f.trends.takePast(one.Batch, one.At)
		}
	}
	f.hasPast = true
	return nil
}

func (f *follower) lookAtTransitions(ctx context.Context, from Readings) error {
	for {
		found, err := from.Transitions(ctx, f.name, f.number, pageOfRows)
		if err != nil {
			return err
		}
		for _, entry := range found {
			f.number = entry.Number
			if err := f.tell(entry); err != nil {
				f.unreadable++
			}
		}
		if len(found) < pageOfRows {
			return nil
		}
	}
}

func (f *follower) tell(entry store.Entry) error {
	told, err := outbox.Read(entry)
	if err != nil {
		return err
	}
	f.alarms[told.Alarm] = told
	f.log = append(f.log, told)
	f.log = f.log[max(0, len(f.log)-logLength):]
	return nil
}

// leadsOff says whether there is a signal that values could come from.
func (f *follower) leadsOff() bool { return f.view.Leads == reading.LeadsOff }

// Package record writes the record of a session: what the monitor sent, what alarms
// there were, who was told and who saw to it, in forms that people, spreadsheets, EMRs
// and research tools read.
//
// Called by the telemetry process, at the end of a session or on demand (Handler). It
// owns the files of the record; what is in them comes from the readings store and from
// the session's workflow. It promises:
//
//   - One ZIP, written as it is made: readings and ECG pass through page by page, and
//     in memory are only a few numbers a minute, the beats (40 bytes each) and the
//     alarms.
//   - The same data gives the same bytes: nothing in it tells when it was written.
//   - Nothing is filled in. What did not come is a gap, a QTc that cannot be judged is
//     "not evaluable" and never a zero, and what the key ring cannot open is said.
//   - The guest is an opaque reference, staff are codes; there is no name in it.
//   - With an error, what was written is no ZIP, and is to be thrown away.
//
// The files: vitals.csv, beats.csv and minutes.csv; alarms.csv and alarms.log (chained
// by hashes, package alarmlog); ecg/*.hea and *.dat (package wfdb) with ecg.csv;
// fhir.json (package fhir); summary.html for people; manifest.json with the SHA-256 of
// all of them.
//
// The bedside monitor is the primary alarm; the record says so.
package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"guestjourney/internal/cardiac"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
	"guestjourney/workflows/session"
)

// Primary is on everything that shows alarms.
const Primary = "The bedside monitor is the primary alarm."

// Source is where readings and alarms are kept; a *store.Store is one.
type Source interface {
	Tail(ctx context.Context, session string, after int64, limit int) ([]store.Stored, error)
	ECGMinutes(ctx context.Context, session string) ([]time.Time, error)
	ECG(ctx context.Context, session string, from, to time.Time) ([]reading.Strip, error)
	Gaps(ctx context.Context, session string) ([]store.Gap, error)
	Transitions(ctx context.Context, session string, above uint64, limit int) ([]store.Entry, error)
}

var _ Source = (*store.Store)(nil)

var (
	// ErrInvalid is wrapped if what is told of the session cannot be.
	ErrInvalid = errors.New("the session's log cannot be used")
	// ErrNotFound is wrapped if the source has nothing of the session.
	ErrNotFound = errors.New("there is nothing of this session")
)

// longest bounds what is laid out minute by minute.
const longest = 7 * 24 * time.Hour

// export is one record as it is made.
type export struct {
	source  Source
	session session.Record
	// period is that of the session by the platform's clock.
	period cardiac.Stretch
	// behind is how far the monitor's clock is behind it, with the time that a sample
	// is on its way.
	behind   time.Duration
	last     int64 // position of the last batch that is in it
	minutes  []minute
	events   []event
	windows  []window
	gaps     []store.Gap
	protocol limits
	counts   Counts
}

// Write writes the record of a session and returns what is in it. Errors wrap
// ErrInvalid, ErrNotFound, store.ErrUnavailable, or are the writer's.
func Write(ctx context.Context, w io.Writer, source Source, told session.Record) (Summary, error) {
	if err := check(told); err != nil {
		return Summary{}, err
	}
	e := &export{source: source, session: told, protocol: limitsOf(told.Protocol)}
	if err := e.gather(ctx); err != nil {
		return Summary{}, fmt.Errorf("record: %w", err)
	}
	summary, err := e.write(ctx, newArchive(w, e.period.To))
	if err != nil {
		return Summary{}, fmt.Errorf("record: %w", err)
	}
	return summary, nil
}

// check refuses what no session is; it quotes nothing.
func check(told session.Record) error {
	problem := ""
	switch {
	case !strings.HasPrefix(told.Session, session.IDPrefix) || told.Session == session.IDPrefix:
		problem = "session: want session/<id>"
	case told.GuestRef == "":
		problem = "guestRef: missing"
	case told.StartedAt.IsZero():
		problem = "startedAt: missing"
	case !told.EndedAt.IsZero() && told.EndedAt.Before(told.StartedAt):
		problem = "endedAt: want a time that is not before startedAt"
	case told.EndedAt.Sub(told.StartedAt) > longest:
		problem = fmt.Sprintf("endedAt: want at most %v after startedAt", longest)
	default:
		return nil
	}
	return fmt.Errorf("record: %w: %s", ErrInvalid, problem)
}

// gather reads what is not too much to be kept, and with it finds out whether there is
// a record at all, before the first byte of it is written.
func (e *export) gather(ctx context.Context) error {
	transitions, err := e.transitions(ctx)
	if err != nil {
		return err
	}
	if e.gaps, err = e.source.Gaps(ctx, e.session.Session); err != nil {
		return err
	}
	readings := newCollector()
	err = e.eachBatch(ctx, func(one store.Stored) error {
		readings.take(one)
		return nil
	})
	if err != nil {
		return err
	}
	if readings.batches == 0 && len(transitions) == 0 && len(e.gaps) == 0 && len(e.session.Log) == 0 {
		return ErrNotFound
	}
	e.events = inOrder(transitions, e.session.Log)
	e.last = readings.last
	e.period = e.span(readings.received)
	e.windows = windowsOf(transitions, e.session.Log, e.period.To)
	e.behind = readings.behind()
	e.minutes = readings.minutesOf(e.period)
	e.counts = readings.counts()
	e.counts.Gaps, e.counts.Alarms, e.counts.MonitorBehindMs = len(e.gaps), len(e.windows), e.behind.Milliseconds()
	return nil
}

// platform is a time of the monitor's clock by the platform's.
func (e *export) platform(at time.Time) time.Time { return at.Add(e.behind) }

// span is the session's period; one that lasts goes to what was heard last, within what
// can be laid out.
func (e *export) span(received time.Time) cardiac.Stretch {
	period := cardiac.Stretch{From: e.session.StartedAt.UTC(), To: e.session.EndedAt.UTC()}
	if !e.session.EndedAt.IsZero() {
		return period
	}
	period.To = period.From
	if received.After(period.To) {
		period.To = received
	}
	if n := len(e.events); n > 0 && e.events[n-1].At.After(period.To) {
		period.To = e.events[n-1].At
	}
	if latest := period.From.Add(longest); period.To.After(latest) {
		period.To = latest
	}
	return period
}

// over says whether the session has ended.
func (e *export) over() bool { return !e.session.EndedAt.IsZero() }

// pageOf is how much is read at once.
const pageOf = 500

// eachBatch goes through the batches in the order in which they came, up to the last
// that is in the record.
func (e *export) eachBatch(ctx context.Context, take func(store.Stored) error) error {
	for after := int64(0); ; {
		found, err := e.source.Tail(ctx, e.session.Session, after, pageOf)
		if err != nil {
			return err
		}
		for _, one := range found {
			if e.last > 0 && one.Position > e.last {
				return nil
			}
			if err := take(one); err != nil {
				return err
			}
			after = one.Position
		}
		if len(found) < pageOf {
			return nil
		}
	}
}

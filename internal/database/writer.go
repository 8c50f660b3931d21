package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// maxJobs and maxWeight (bytes) bound one transaction: a caller waits no
	// longer than one of these and its own.
	maxJobs   = 512
	maxWeight = 16 << 20
	// writePatience bounds one transaction. Callers have shorter ones.
	writePatience = 10 * time.Second
	// deadlockTries: PostgreSQL may end one of two transactions that wait for
	// each other; nothing of it is written, and it is simply run again.
	deadlockTries = 3
)

// job is what one caller wants written. Adds of several callers are merged into
// few statements; everything else runs by itself in the shared transaction. A
// job may be run more than once: only its last run is committed.
type job struct {
	rows  []*row                                      // of Add
	run   func(ctx context.Context, tx *sql.Tx) error // of all others
	after func()                                      // in the writer, once it is committed
	done  chan error
}

// writer is the one goroutine that writes: what came while a transaction was
// committed shares the next one, so many callers share one fsync.
type writer struct {
	engine *engine
	now    func() time.Time
	jobs   chan *job // unbuffered: what is handed over is carried out
	stop   chan struct{}
	ended  chan struct{}
}

func newWriter(e *engine, now func() time.Time) *writer {
	w := &writer{engine: e, now: now, jobs: make(chan *job), stop: make(chan struct{}), ended: make(chan struct{})}
	go w.loop()
	return w
}

var errClosed = fmt.Errorf("%w: it was closed; the program is stopping", ErrUnavailable)

// submit returns when the job is committed or failed, or its context is done.
func (w *writer) submit(ctx context.Context, doing string, j *job) error {
	j.done = make(chan error, 1)
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return w.engine.fail(doing, ctx.Err())
	case <-w.stop:
		return errClosed
	}
	select {
	case err := <-j.done:
		return w.engine.fail(doing, err)
	case <-ctx.Done():
		return w.engine.fail(doing, ctx.Err())
	}
}

// close waits for the transaction under way.
func (w *writer) close() {
	close(w.stop)
	<-w.ended
}

func (w *writer) loop() {
	defer close(w.ended)
	for {
		select {
		case first := <-w.jobs:
			w.flush(w.collect(first))
		case <-w.stop:
			return
		}
	}
}

// collect takes what waits already; it does not wait for more.
func (w *writer) collect(first *job) []*job {
	batch, weight := []*job{first}, first.weight()
	for len(batch) < maxJobs && weight < maxWeight {
		select {
		case next := <-w.jobs:
			batch, weight = append(batch, next), weight+next.weight()
		default:
			return batch
		}
	}
	return batch
}

func (j *job) weight() (bytes int) {
	for _, row := range j.rows {
		bytes += len(row.sealed)
	}
	return bytes
}

// flush commits a batch. If it fails for a reason that is not the database's,
// each job is tried alone, so that one does not fail its neighbours.
func (w *writer) flush(batch []*job) {
	err := w.commit(batch)
	if err != nil && len(batch) > 1 && remedy(err) == "" {
		for _, j := range batch {
			w.flush([]*job{j})
		}
		return
	}
	for _, j := range batch {
		if err == nil && j.after != nil {
			j.after()
		}
		j.done <- err
	}
}

func (w *writer) commit(batch []*job) error {
	// Not a caller's context: one that gives up must not fail the others.
	ctx, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	var err error
	for range deadlockTries {
		err = w.engine.transaction(ctx, func(tx *sql.Tx) error { return w.run(ctx, tx, batch) })
		var server *pgconn.PgError
		if !errors.As(err, &server) || server.Code[:2] != "40" {
			return err
		}
	}
	return err
}

func (w *writer) run(ctx context.Context, tx *sql.Tx, batch []*job) error {
	var rows []*row
	for _, j := range batch {
		rows = append(rows, j.rows...)
	}
	if err := insert(ctx, tx, w.now(), rows); err != nil {
		return err
	}
	for _, j := range batch {
		if j.run == nil {
			continue
		}
		if err := j.run(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

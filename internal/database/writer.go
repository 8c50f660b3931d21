package database

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

// Job is what one caller wants written. Rows of several callers are merged into
// few statements; everything else runs by itself in the shared transaction. A
// job may be run more than once: only its last run is committed.
type Job[R Row] struct {
	Rows  []R                                         // put in before any Run
	Run   func(ctx context.Context, tx *sql.Tx) error // nil if there are only rows
	After func()                                      // in the writer, once it is committed; may be nil

	done chan error
}

// Row is what is put in most often.
type Row interface {
	// Weight is about how many bytes it writes.
	Weight() int
}

func (j *Job[R]) weight() (bytes int) {
	for _, row := range j.Rows {
		bytes += row.Weight()
	}
	return bytes
}

// Writer is the one goroutine that writes: what came while a transaction was
// committed shares the next one, so many callers share one fsync.
type Writer[R Row] struct {
	db     *DB
	insert func(ctx context.Context, tx *sql.Tx, rows []R) error
	jobs   chan *Job[R] // unbuffered: what is handed over is carried out
	stop   chan struct{}
	ended  chan struct{}
}

// NewWriter starts it. insert puts the rows of all jobs of one transaction in; it
// is called also when there are none. Close it before the database.
func NewWriter[R Row](db *DB, insert func(ctx context.Context, tx *sql.Tx, rows []R) error) *Writer[R] {
	w := &Writer[R]{db: db, insert: insert, jobs: make(chan *Job[R]), stop: make(chan struct{}), ended: make(chan struct{})}
	go w.loop()
	return w
}

var errClosed = fmt.Errorf("%w: it was closed; the program is stopping", ErrUnavailable)

// Submit returns when the job is committed or failed, or its context is done; then
// it may or may not be committed. Errors are those of Fail.
func (w *Writer[R]) Submit(ctx context.Context, doing string, j *Job[R]) error {
	j.done = make(chan error, 1)
	if gaveUp := ctx.Err(); gaveUp != nil { // or chance would decide whether it is carried out
		return w.db.Fail(doing, gaveUp)
	}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return w.db.Fail(doing, ctx.Err())
	case <-w.stop:
		return errClosed
	}
	select {
	case err := <-j.done:
		return w.db.Fail(doing, err)
	case <-ctx.Done():
		return w.db.Fail(doing, ctx.Err())
	}
}

// Close waits for the transaction under way.
func (w *Writer[R]) Close() {
	close(w.stop)
	<-w.ended
}

func (w *Writer[R]) loop() {
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
func (w *Writer[R]) collect(first *Job[R]) []*Job[R] {
	batch, weight := []*Job[R]{first}, first.weight()
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

// flush commits a batch. If it fails for a reason that is not the database's,
// each job is tried alone, so that one does not fail its neighbours.
func (w *Writer[R]) flush(batch []*Job[R]) {
	err := w.commit(batch)
	if err != nil && len(batch) > 1 && w.db.remedy(err) == "" {
		for _, j := range batch {
			w.flush([]*Job[R]{j})
		}
		return
	}
	for _, j := range batch {
		if err == nil && j.After != nil {
			j.After()
		}
		j.done <- err
	}
}

func (w *Writer[R]) commit(batch []*Job[R]) error {
	// Not a caller's context: one that gives up must not fail the others.
	ctx, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	var err error
	for range deadlockTries {
		err = w.db.transaction(ctx, func(tx *sql.Tx) error { return w.run(ctx, tx, batch) })
		var server *pgconn.PgError
		if !errors.As(err, &server) || server.Code[:2] != "40" {
			return err
		}
	}
	return err
}

func (w *Writer[R]) run(ctx context.Context, tx *sql.Tx, batch []*Job[R]) error {
	var rows []R
	for _, j := range batch {
		rows = append(rows, j.Rows...)
	}
	if err := w.insert(ctx, tx, rows); err != nil {
		return err
	}
	for _, j := range batch {
		if j.Run == nil {
			continue
		}
		if err := j.Run(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

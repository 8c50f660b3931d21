package inbox

import (
	"bytes"
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"guestjourney/internal/database"
)

// held is the expiry of a key whose event is in the inbox.
const held = math.MaxInt64

// row is one event on its way in.
type row struct {
	Event
	sealed []byte
	state  State
	added  bool // set by insert
}

// Weight implements database.Row.
func (r *row) Weight() int { return len(r.sealed) }

// job is what one caller wants written.
type job = database.Job[*row]

func (s *store) Add(ctx context.Context, events []Event) ([]bool, error) {
	rows := make([]*row, len(events))
	for i, event := range events {
		if err := event.check(); err != nil {
			return nil, err
		}
		made, err := s.newRow(event)
		if err != nil {
			return nil, err
		}
		rows[i] = made
	}
	if len(rows) == 0 {
		return nil, nil
	}
	for i := range events {
		s.filter.add(events[i].Key)
	}
	// Marked before the commit: whoever asks meanwhile must be told to queue up.
	ids := workflows(rows)
	s.held.adding(ids)
	defer s.held.addingEnded(ids)
	err := s.writer.Submit(ctx, "add events", &job{Rows: rows, After: func() { s.held.has(addedTo(rows)) }})
	if err != nil {
		return nil, err
	}
	added := make([]bool, len(rows))
	for i, row := range rows {
		added[i] = row.added
	}
	return added, nil
}

// newRow seals in the caller's goroutine: the writer is to write only.
func (s *store) newRow(event Event) (*row, error) {
	if event.ReceivedAt.IsZero() {
		event.ReceivedAt = s.now()
	}
	if event.EventTime.IsZero() {
		event.EventTime = event.ReceivedAt
	}
	sealed, err := s.seal(event.Key, event.Payload)
	if err != nil {
		return nil, err
	}
	made := &row{Event: event, sealed: sealed, state: Waiting}
	if event.DeadReason != "" {
		made.state = Dead
	}
	return made, nil
}

// insert puts rows in whose keys nobody had before. Their keys go first: what
// decides is the unique key of inbox_seen, in the order of the keys, so that two
// proxies with the same events do not wait for each other.
func (s *store) insert(ctx context.Context, tx *sql.Tx, rows []*row) error {
	byKey := map[Key]*row{}
	for _, row := range rows {
		row.added = false
		if _, twice := byKey[row.Key]; !twice {
			byKey[row.Key] = row
		}
	}
	keys := make([]Key, 0, len(byKey))
	for key := range byKey {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b Key) int { return bytes.Compare(a[:], b[:]) })
	for chunk := range slices.Chunk(keys, database.PerStatement) {
		fresh, err := takeKeys(ctx, tx, s.now(), chunk)
		if err != nil {
			return err
		}
		for _, key := range fresh {
			byKey[key].added = true
		}
	}
	return insertEvents(ctx, tx, slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return !r.added }))
}

// takeKeys makes keys held and returns those that were not known: new ones and
// expired ones.
func takeKeys(ctx context.Context, tx *sql.Tx, now time.Time, keys []Key) ([]Key, error) {
	arguments := make([]any, 0, 2*len(keys)+1)
	for _, key := range keys {
		arguments = append(arguments, key[:], int64(held))
	}
	arguments = append(arguments, database.Stamp(now))
	return queryKeys(ctx, tx, "INSERT INTO inbox_seen (event_key, expires) VALUES "+database.Parameters(len(keys), 2)+
		" ON CONFLICT (event_key) DO UPDATE SET expires = excluded.expires WHERE inbox_seen.expires <= "+database.List(len(arguments), 1)+
		" RETURNING event_key", arguments...)
}

// insertEvents keeps the order of arrival: it becomes the sequence.
func insertEvents(ctx context.Context, tx *sql.Tx, rows []*row) error {
	for chunk := range slices.Chunk(rows, database.PerStatement) {
		arguments := make([]any, 0, 11*len(chunk))
		for _, r := range chunk {
			arguments = append(arguments, r.Key[:], r.RequestID, r.Provider, r.Account, r.Type, r.WorkflowID,
				database.Stamp(r.EventTime), database.Stamp(r.ReceivedAt), string(r.state), r.DeadReason, r.sealed)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO inbox_event (event_key, request_id, provider, account, event_type, workflow_id,
			event_time, received_at, state, last_error, payload) VALUES `+database.Parameters(len(chunk), 11), arguments...)
		if err != nil {
			return err
		}
	}
	due := map[string]int64{}
	for _, r := range rows {
		if _, known := due[r.WorkflowID]; !known && r.state == Waiting {
			due[r.WorkflowID] = database.Stamp(r.ReceivedAt)
		}
	}
	return openQueues(ctx, tx, due)
}

// openQueues makes the queues that are not there yet, due at the times given.
// The update of one that is there changes nothing, but waits for whoever is
// about to remove it as empty. In the order of their IDs, like the keys.
func openQueues(ctx context.Context, tx *sql.Tx, due map[string]int64) error {
	ids := make([]string, 0, len(due))
	for id := range due {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for chunk := range slices.Chunk(ids, database.PerStatement) {
		arguments := make([]any, 0, 2*len(chunk))
		for _, id := range chunk {
			arguments = append(arguments, id, due[id])
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO inbox_queue (workflow_id, next_at) VALUES "+database.Parameters(len(chunk), 2)+
			" ON CONFLICT (workflow_id) DO UPDATE SET next_at = inbox_queue.next_at", arguments...)
		if err != nil {
			return err
		}
	}
	return nil
}

// workflows are the IDs of the rows that will wait.
func workflows(rows []*row) (ids []string) {
	for _, row := range rows {
		if row.state == Waiting {
			ids = append(ids, row.WorkflowID)
		}
	}
	return ids
}

// addedTo are the IDs of the rows that wait now.
func addedTo(rows []*row) []string {
	return workflows(slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return !r.added }))
}

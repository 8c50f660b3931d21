package inbox

import (
	"context"
	"sync"
)

// memory knows the workflows that may have events waiting here, so that a
// webhook asks the database only if it must. It may name one too many: another
// process may have finished an event. It never names one too few of what this
// process added, leased or found when it opened the inbox.
type memory struct {
	mutex  sync.Mutex
	coming map[string]int    // adds that are not committed yet
	rows   map[string]uint64 // value: what clock was when it was last known to hold one
	clock  uint64
}

func newMemory() *memory { return &memory{coming: map[string]int{}, rows: map[string]uint64{}} }

func (m *memory) adding(ids []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, id := range ids {
		m.coming[id]++
	}
}

func (m *memory) addingEnded(ids []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, id := range ids {
		if m.coming[id]--; m.coming[id] == 0 {
			delete(m.coming, id)
		}
	}
}

func (m *memory) has(ids []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.clock++
	for _, id := range ids {
		m.rows[id] = m.clock
	}
}

// look returns what is known and a mark for forget.
func (m *memory) look(id string) (coming, maybe bool, mark uint64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	mark, maybe = m.rows[id]
	return m.coming[id] > 0, maybe, mark
}

// forget drops a workflow unless something was added since the mark was taken.
func (m *memory) forget(id string, mark uint64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.rows[id] == mark {
		delete(m.rows, id)
	}
}

// forgetOthers drops what is not held, unless it was added since the mark.
func (m *memory) forgetOthers(keep map[string]bool, mark uint64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for id, at := range m.rows {
		if at <= mark && !keep[id] {
			delete(m.rows, id)
		}
	}
}

func (m *memory) mark() uint64 {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.clock
}

func (s *store) Pending(ctx context.Context, workflowID string) (bool, error) {
	coming, maybe, mark := s.held.look(workflowID)
	if coming || !maybe {
		return coming, nil
	}
	var found int
	err := s.db.Read.QueryRowContext(ctx, "SELECT COUNT(*) FROM inbox_queue WHERE workflow_id = $1", workflowID).Scan(&found)
	if err != nil {
		return true, s.db.Fail("look for events of a workflow", err)
	}
	if found == 0 {
		s.held.forget(workflowID, mark)
	}
	return found > 0, nil
}

// queues are the workflows with waiting events.
func (s *store) queues(ctx context.Context) (map[string]bool, error) {
	rows, err := s.db.Read.QueryContext(ctx, "SELECT workflow_id FROM inbox_queue")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids[id] = true
	}
	return ids, rows.Err()
}

package inbox

import (
	"context"
	"sync"

	"github.com/bits-and-blooms/bloom/v3"
)

// filter tells at once that a key is new, which most are: a Bloom filter over
// every key in the database. It may take a new key for a known one, and then
// the database is asked; never the other way round, as long as no other process
// adds keys.
type filter struct {
	mutex sync.RWMutex
	keys  *bloom.BloomFilter
}

// Of four million keys, a month of more than a webhook a second, one new one in
// a hundred costs a look into the database. The filter takes five megabytes.
const (
	filterKeys  = 4_000_000
	filterWrong = 0.01
)

// loadFilter reads every key that the database has.
func (s *store) loadFilter(ctx context.Context) error {
	s.filter = &filter{keys: bloom.NewWithEstimates(filterKeys, filterWrong)}
	rows, err := s.db.Read.QueryContext(ctx, "SELECT event_key FROM inbox_seen")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return err
		}
		s.filter.keys.Add(raw)
	}
	return rows.Err()
}

// add notes keys that are about to be written. nil notes nothing.
func (f *filter) add(keys ...Key) {
	if f == nil {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, key := range keys {
		f.keys.Add(key[:])
	}
}

// new says that none of the keys can be in the database. nil cannot say.
func (f *filter) new(keys []Key) bool {
	if f == nil {
		return false
	}
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	for i := range keys {
		if f.keys.Test(keys[i][:]) {
			return false
		}
	}
	return true
}

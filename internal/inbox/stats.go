package inbox

import (
	"context"
	"time"

	"guestjourney/internal/database"
)

// Stats is what an operator wants to know first.
type Stats struct {
	Providers []ProviderStats // those with events in the inbox, by name
	Waiting   int
	Dead      int
	OldestAge time.Duration // of the waiting event received first; 0 if none waits
}

// ProviderStats counts the events of one provider.
type ProviderStats struct {
	Provider     string
	Waiting      int
	Dead         int
	OldestAge    time.Duration  // of its waiting event received first; 0 if none waits
	MostAttempts int            // of a waiting event
	Reasons      map[string]int // events by code word of the last failure; without those that never failed
}

func (s *store) Stats(ctx context.Context) (Stats, error) {
	var stats Stats
	rows, err := s.db.Read.QueryContext(ctx, "SELECT provider, state, last_error, COUNT(*), MIN(received_at), MAX(attempts)"+
		" FROM inbox_event GROUP BY provider, state, last_error ORDER BY provider, state, last_error")
	if err != nil {
		return stats, s.db.Fail("count events", err)
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	now := s.now()
	for rows.Next() {
		var provider, state, reason string
		var count, attempts int
		var oldest int64
		if err := rows.Scan(&provider, &state, &reason, &count, &oldest, &attempts); err != nil {
			return stats, s.db.Fail("count events", err)
		}
		stats.of(provider).count(State(state), reason, count, attempts, now.Sub(database.Moment(oldest)))
	}
	for _, one := range stats.Providers {
		stats.Waiting += one.Waiting
		stats.Dead += one.Dead
		stats.OldestAge = max(stats.OldestAge, one.OldestAge)
	}
	return stats, s.db.Fail("count events", rows.Err())
}

// of is the entry of a provider; they come in order.
func (s *Stats) of(provider string) *ProviderStats {
	if last := len(s.Providers) - 1; last < 0 || s.Providers[last].Provider != provider {
		s.Providers = append(s.Providers, ProviderStats{Provider: provider, Reasons: map[string]int{}})
	}
	return &s.Providers[len(s.Providers)-1]
}

func (p *ProviderStats) count(state State, reason string, count, attempts int, age time.Duration) {
	if reason != "" {
		p.Reasons[reason] += count
	}
	if state == Dead {
		p.Dead += count
		return
	}
	p.Waiting += count
	p.MostAttempts = max(p.MostAttempts, attempts)
	p.OldestAge = max(p.OldestAge, age)
}

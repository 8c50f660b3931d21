package store

import (
	"context"
	"database/sql"
	"time"

	"guestjourney/internal/database"
)

// purgeStep bounds the rows that one transaction removes, so that readings do not
// wait for a purge.
const purgeStep = 500

// Retention says how long things are kept; 0 is for good. The name of a session stays.
type Retention struct {
	Readings    time.Duration // since they were received; also for gaps, past assignments and the checkpoints of ended sessions
	ECG         time.Duration // since its minute, by the monitor's clock
	Transitions time.Duration // since they were found; also for the settings of ended sessions
}

// Purged counts the rows that Purge removed.
type Purged struct {
	Readings, ECG, Transitions int
}

// Purge removes what is older than the policy says, in small steps. A transition that
// was not delivered, or whose page no provider has taken, stays whatever its age.
func (s *Store) Purge(ctx context.Context, keep Retention) (total Purged, err error) {
	now := s.now()
	for _, one := range []struct {
		count  *int
		age    time.Duration
		before int64
		remove string
	}{
		{&total.Transitions, keep.Transitions, database.Stamp(now.Add(-keep.Transitions)), removeTransitions},
		{&total.ECG, keep.ECG, minuteOf(now.Add(-keep.ECG)), removeECG},
		{&total.Readings, keep.Readings, database.Stamp(now.Add(-keep.Readings)), removeReadings},
		{new(int), keep.Readings, database.Stamp(now.Add(-keep.Readings)), removeGaps},
		{new(int), keep.Readings, database.Stamp(now.Add(-keep.Readings)), removeAssignments},
		{new(int), keep.Readings, database.Stamp(now.Add(-keep.Readings)), removeCheckpoints},
		{new(int), keep.Transitions, database.Stamp(now.Add(-keep.Transitions)), removeSettings},
	} {
		if one.age == 0 {
			continue
		}
		if *one.count, err = s.remove(ctx, one.remove, one.before); err != nil {
			return total, err
		}
	}
	return total, nil
}

// Each removes up to $2 rows of before $1.
const (
	removeTransitions = `DELETE FROM telemetry_outbox WHERE (session, number) IN (
		SELECT session, number FROM telemetry_outbox WHERE created_at < $1
			AND delivered_at IS NOT NULL AND (page_key = '' OR handed_to_provider_at IS NOT NULL OR recalled_at IS NOT NULL)
		ORDER BY created_at LIMIT $2)`
	removeECG      = `DELETE FROM telemetry_ecg WHERE id IN (SELECT id FROM telemetry_ecg WHERE minute < $1 ORDER BY minute LIMIT $2)`
	removeReadings = `DELETE FROM telemetry_batch WHERE (session, position) IN (
		SELECT session, position FROM telemetry_batch WHERE received_at < $1 ORDER BY received_at LIMIT $2)`
	removeGaps = `DELETE FROM telemetry_gap WHERE (session, device, from_sequence) IN (
		SELECT session, device, from_sequence FROM telemetry_gap WHERE found_at < $1 ORDER BY found_at LIMIT $2)`
	// The last assignment of a device stays, and so does the one at the time.
	removeAssignments = `DELETE FROM telemetry_assignment WHERE (device, since) IN (
		SELECT a.device, a.since FROM telemetry_assignment a JOIN telemetry_assignment b
			ON b.device = a.device AND b.since > a.since AND b.since < $1
		GROUP BY a.device, a.since LIMIT $2)`
	removeCheckpoints = `UPDATE telemetry_owner SET checkpoint = NULL WHERE session IN (
		SELECT o.session FROM telemetry_owner o JOIN telemetry_session t ON t.session = o.session
		WHERE o.checkpoint IS NOT NULL AND t.ended_at < $1 LIMIT $2)`
	removeSettings = `UPDATE telemetry_session SET settings = NULL WHERE session IN (
		SELECT session FROM telemetry_session WHERE settings IS NOT NULL AND ended_at < $1 LIMIT $2)`
)

func (s *Store) remove(ctx context.Context, statement string, before int64) (total int, err error) {
	for {
		var step int64
		err := s.write(ctx, "purge", func(ctx context.Context, tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, statement, before, purgeStep)
			if err != nil {
				return err
			}
			step, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return total, err
		}
		total += int(step)
		if step < purgeStep {
			return total, nil
		}
	}
}

package inbox

import (
	"context"
	"database/sql"
)

// checkBytes is more than a page, so that a full file has no room for it, even
// where it could still change the pages it has.
const checkBytes = 4 * pageSize

func (s *store) Check(ctx context.Context) error {
	pad := make([]byte, checkBytes)
	check := &job{run: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO inbox_check (pad) VALUES ($1)", pad); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM inbox_check")
		return err
	}}
	return s.writer.submit(ctx, "write something", check)
}

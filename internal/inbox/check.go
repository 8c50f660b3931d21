package inbox

import (
	"context"
	"database/sql"

	"guestjourney/internal/database"
)

// checkBytes is more than a page, so that a full file has no room for it, even
// where it could still change the pages it has.
const checkBytes = 4 * database.PageSize

func (s *store) Check(ctx context.Context) error {
	pad := make([]byte, checkBytes)
	check := &job{Run: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO inbox_check (pad) VALUES ($1)", pad); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM inbox_check")
		return err
	}}
	return s.writer.Submit(ctx, "write something", check)
}

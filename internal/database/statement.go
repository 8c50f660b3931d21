package database

import (
	"context"
	"database/sql"
	"fmt"
)

// PerStatement bounds the rows of one statement, and so the number of different
// statements that are prepared.
const PerStatement = 64

// Querier is a transaction or the database.
type Querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

// Query reads all rows of a statement with scan, which gets one row at a time.
func Query[T any](ctx context.Context, from Querier, scan func(*sql.Rows) (T, error), query string, arguments ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Parameters writes "($1, $2), ($3, $4)" for rows of a width.
func Parameters(rows, width int) string {
	var text []byte
	for row := range rows {
		if row > 0 {
			text = append(text, ", "...)
		}
		text = append(text, '(')
		text = append(text, List(row*width+1, width)...)
		text = append(text, ')')
	}
	return string(text)
}

// List writes "$3, $4, $5" for a first number and a count.
func List(first, count int) string {
	var text []byte
	for i := range count {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = fmt.Appendf(text, "$%d", first+i)
	}
	return string(text)
}

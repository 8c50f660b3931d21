// Package database opens the databases that this project's own programs keep
// things in: a SQLite file or, for several processes, PostgreSQL.
//
// Called by stores (internal/inbox, webhookproxy/telemetry/store), which own the
// tables and the statements. It owns how a database is opened, brought up to date
// and written to, and what its errors say. It promises:
//   - what is committed survives a power cut, and nothing is half written;
//   - the same statements run on both databases: parameters are $1, times whole
//     microseconds since 1970, UTC;
//   - all writes of a process go through one goroutine (Writer), which puts those
//     that came meanwhile into the same transaction: thousands of callers a second
//     share a few hundred fsyncs;
//   - an error wraps ErrUnavailable if the database cannot take or give anything
//     now, and says what to do; it quotes no value.
package database

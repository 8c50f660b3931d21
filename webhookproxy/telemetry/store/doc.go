// Package store keeps what monitors sent, who watches which session, and what was
// found, in a database of the telemetry process's own.
//
// Called by every telemetry process (Append, Assign), by the owner of a session
// (Acquire, Tail, Commit), by what delivers and pages (Undelivered, Delivered,
// HandedOver, Recall, Overdue, Unsettled, PagedAgain, Settle), and by the live view and the export (Sessions,
// WithoutDevice, Range, ECG, TailECG, Gaps, Transitions). It owns the tables
// telemetry_*, in a SQLite file or, for several processes, in PostgreSQL. It knows
// neither HTTP nor Temporal, and promises:
//   - what Append returned nil for is on disk; the same batch twice is one; whose a
//     batch is is decided by the device's assignment at its time;
//   - the positions of a session's batches become visible in their order, also with
//     several processes: whoever goes on from a position misses none;
//   - a session has one owner: a lease with an epoch, which rises with every
//     Acquire. Reading position, checkpoint, gaps and transitions are written in one
//     transaction, and by the present epoch only;
//   - a transition stays until it was delivered and, if somebody is to be paged for
//     it, handed to a provider or recalled; the first who hands it over is the one on
//     record. One that was handed over is unsettled, while its workflow is not heard
//     from, until nobody is to be paged again;
//   - settings, values, ECG, checkpoints and transitions are sealed with the program's
//     key ring and bound to their row. In clear are only IDs of sessions and devices,
//     numbers, times and page keys, none of which holds personal or health data;
//   - an error wraps ErrUnavailable if the database cannot take or give anything
//     now, and says what to do; then nothing is half written.
//
// What the ring cannot open is told in the row (Unreadable) and holds up no other: an
// owner goes on past it, and a guest whose values nobody can read is a stale stream,
// which is an alarm.
package store

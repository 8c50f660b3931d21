// Package inbox keeps webhook events that Temporal has not taken yet, and the
// keys of those that were taken, in a database of the proxy's own.
//
// Called by the webhook proxy (Add, Due, Done and their like) and by the CLI
// (List, Get, Revive, Purge). It owns the tables inbox_event, inbox_seen and
// inbox_queue, in a SQLite file or, for several proxies, in PostgreSQL. It knows
// neither HTTP nor Temporal, and promises:
//   - what Add returned nil for is on disk; a process that dies loses none of it;
//   - a key is added once, whoever asks at the same time (insert first: the
//     unique key decides, no look beforehand), and is known until it expires,
//     without a gap between "held here" and "seen";
//   - the events of one workflow leave by event time, then in the order they
//     came, one at a time, also with several proxies: the queue of a workflow is
//     leased, and a proxy that dies gives its leases back by time, or to the next
//     one at once where no other shares the inbox;
//   - a payload is sealed with the program's key ring and bound to its key. In
//     clear are only the key, provider, account, type, workflow ID, times,
//     counts and code words, none of which holds personal data;
//   - an error wraps ErrUnavailable if the database cannot take or give
//     anything now, and says what to do; then nothing is half written.
//
// How it is stored. inbox_seen has one row for each key, for good until it
// expires: its unique key is what makes an event come in once. inbox_event has
// the events themselves, waiting or dead. inbox_queue has one row for each
// workflow with waiting events; it carries the time of the next try and the
// lease, so finding work costs the same however many events wait behind it.
//
// How the database is opened, written to and what its errors say is
// internal/database's.
package inbox

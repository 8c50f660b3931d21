-- Times are microseconds since 1970, UTC.

-- +goose Up
-- Every key that came in. An event that is held here has the greatest integer
-- as its expiry, so a key is never between "held" and "seen".
CREATE TABLE inbox_seen (
    event_key BLOB PRIMARY KEY,
    expires   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX inbox_seen_expires ON inbox_seen (expires);

-- The payload comes last: what counts and lists does not read through it.
CREATE TABLE inbox_event (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    event_key   BLOB    NOT NULL UNIQUE,
    request_id  TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    event_type  TEXT    NOT NULL,
    workflow_id TEXT    NOT NULL,
    event_time  INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    last_error  TEXT    NOT NULL DEFAULT '',
    payload     BLOB    NOT NULL
);
CREATE INDEX inbox_event_head ON inbox_event (workflow_id, event_time, sequence) WHERE state = 'waiting';
CREATE INDEX inbox_event_dead ON inbox_event (received_at) WHERE state = 'dead';

-- One row for each workflow with waiting events. A lease moves next_at to its
-- end and sets lease_token; an empty token means that nobody has it.
CREATE TABLE inbox_queue (
    workflow_id TEXT    PRIMARY KEY,
    next_at     INTEGER NOT NULL,
    lease_token TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX inbox_queue_next ON inbox_queue (next_at);

-- Written and emptied to see whether anything can be written.
CREATE TABLE inbox_check (
    pad BLOB NOT NULL
);

-- +goose Down
DROP TABLE inbox_check;
DROP TABLE inbox_queue;
DROP TABLE inbox_event;
DROP TABLE inbox_seen;

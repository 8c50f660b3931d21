-- Times are microseconds since 1970, UTC.

-- +goose Up
-- Sessions that batches came for, and the empty one for those of devices that have
-- none. A session's row is locked while batches are put in: its positions become
-- visible in their order, so whoever tails it misses none.
CREATE TABLE telemetry_session (
    session  TEXT   PRIMARY KEY,
    position BIGINT NOT NULL DEFAULT 0, -- the last that was given out
    ended_at BIGINT                     -- null while it lasts
);

-- Whose a device's batches are from a time on; an empty session: nobody's.
CREATE TABLE telemetry_assignment (
    device  TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    session TEXT   NOT NULL,
    PRIMARY KEY (device, since)
);
CREATE INDEX telemetry_assignment_session ON telemetry_assignment (session);

-- Beside telemetry_session, so that an owner's commits and the batches that come in
-- do not wait for each other.
CREATE TABLE telemetry_owner (
    session     TEXT   PRIMARY KEY,
    epoch       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    position    BIGINT NOT NULL DEFAULT 0, -- of the last batch that was read
    checkpoint  BYTEA
);

-- The payload comes last: what counts and looks does not read through it.
CREATE TABLE telemetry_batch (
    session     TEXT    NOT NULL,
    position    BIGINT  NOT NULL,
    device      TEXT    NOT NULL,
    sequence    BIGINT  NOT NULL,
    digest      BYTEA   NOT NULL,
    received_at BIGINT  NOT NULL,
    late        BOOLEAN NOT NULL,
    payload     BYTEA   NOT NULL,
    PRIMARY KEY (session, position),
    UNIQUE (device, sequence)
);
CREATE INDEX telemetry_batch_time ON telemetry_batch (session, received_at);
CREATE INDEX telemetry_batch_age ON telemetry_batch (received_at);

-- A part for each batch, which become one row a minute later.
CREATE TABLE telemetry_ecg (
    id      BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session TEXT    NOT NULL,
    device  TEXT    NOT NULL,
    minute  BIGINT  NOT NULL, -- since 1970, by the monitor's clock
    joined  BOOLEAN NOT NULL,
    strips  BYTEA   NOT NULL
);
CREATE INDEX telemetry_ecg_time ON telemetry_ecg (session, minute);
CREATE INDEX telemetry_ecg_parts ON telemetry_ecg (minute) WHERE NOT joined;
CREATE INDEX telemetry_ecg_age ON telemetry_ecg (minute);

CREATE TABLE telemetry_gap (
    session       TEXT   NOT NULL,
    device        TEXT   NOT NULL,
    from_sequence BIGINT NOT NULL,
    to_sequence   BIGINT NOT NULL,
    found_at      BIGINT NOT NULL,
    PRIMARY KEY (session, device, from_sequence)
);
CREATE INDEX telemetry_gap_age ON telemetry_gap (found_at);

CREATE TABLE telemetry_outbox (
    session      TEXT    NOT NULL,
    number       BIGINT  NOT NULL,
    page_key     TEXT    NOT NULL, -- empty: nobody is paged for it
    created_at   BIGINT  NOT NULL,
    delivered_at BIGINT,
    handed_to_provider_at BIGINT,
    fallback     BOOLEAN NOT NULL DEFAULT FALSE,
    payload      BYTEA   NOT NULL,
    PRIMARY KEY (session, number)
);
CREATE INDEX telemetry_outbox_undelivered ON telemetry_outbox (session, number) WHERE delivered_at IS NULL;
CREATE INDEX telemetry_outbox_unpaged ON telemetry_outbox (created_at) WHERE page_key <> '' AND handed_to_provider_at IS NULL;
CREATE INDEX telemetry_outbox_age ON telemetry_outbox (created_at);

-- +goose Down
DROP TABLE telemetry_outbox;
DROP TABLE telemetry_gap;
DROP TABLE telemetry_ecg;
DROP TABLE telemetry_batch;
DROP TABLE telemetry_owner;
DROP TABLE telemetry_assignment;
DROP TABLE telemetry_session;

-- +goose Up
-- How a session is watched: room, limits and baseline, sealed. Null until it has a
-- device for the first time.
ALTER TABLE telemetry_session ADD COLUMN settings BYTEA;

-- Nobody needs the page any more: the condition ended before anybody was paged.
ALTER TABLE telemetry_outbox ADD COLUMN recalled_at BIGINT;
DROP INDEX telemetry_outbox_unpaged;
CREATE INDEX telemetry_outbox_unpaged ON telemetry_outbox (created_at)
    WHERE page_key <> '' AND handed_to_provider_at IS NULL AND recalled_at IS NULL;

-- +goose Down
DROP INDEX telemetry_outbox_unpaged;
CREATE INDEX telemetry_outbox_unpaged ON telemetry_outbox (created_at) WHERE page_key <> '' AND handed_to_provider_at IS NULL;
ALTER TABLE telemetry_outbox DROP COLUMN recalled_at;
ALTER TABLE telemetry_session DROP COLUMN settings;

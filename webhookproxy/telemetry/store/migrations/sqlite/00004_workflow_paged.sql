-- +goose Up
-- A workflow that has paged is replaced if it falls silent, until the page is settled.
ALTER TABLE telemetry_outbox ADD COLUMN workflow_paged_at INTEGER; -- the last time that it said so
-- What sessions that last were paged for may have been paged again since, which
-- nobody wrote down: their silence begins now. The others are over.
UPDATE telemetry_outbox SET workflow_paged_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
    WHERE NOT fallback AND handed_to_provider_at IS NOT NULL;
UPDATE telemetry_outbox SET settled_at = handed_to_provider_at
    WHERE NOT fallback AND handed_to_provider_at IS NOT NULL
    AND session IN (SELECT session FROM telemetry_session WHERE ended_at IS NOT NULL);
DROP INDEX telemetry_outbox_unsettled;
CREATE INDEX telemetry_outbox_unsettled ON telemetry_outbox (session, number) WHERE handed_to_provider_at IS NOT NULL AND settled_at IS NULL;

-- +goose Down
DROP INDEX telemetry_outbox_unsettled;
CREATE INDEX telemetry_outbox_unsettled ON telemetry_outbox (session, number) WHERE fallback AND settled_at IS NULL;
UPDATE telemetry_outbox SET settled_at = workflow_paged_at WHERE fallback AND settled_at IS NULL;
ALTER TABLE telemetry_outbox DROP COLUMN workflow_paged_at;

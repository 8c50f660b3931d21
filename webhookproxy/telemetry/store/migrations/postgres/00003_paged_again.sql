-- +goose Up
-- A page past the workflow is made again until it is settled: the workflow pages
-- itself, or nobody is to be paged any more.
ALTER TABLE telemetry_outbox ADD COLUMN paged_again_at BIGINT; -- the last time
ALTER TABLE telemetry_outbox ADD COLUMN settled_at BIGINT;
-- What Temporal has by now was paged for once, as it was meant then.
UPDATE telemetry_outbox SET settled_at = handed_to_provider_at WHERE fallback AND delivered_at IS NOT NULL;
CREATE INDEX telemetry_outbox_unsettled ON telemetry_outbox (session, number) WHERE fallback AND settled_at IS NULL;

-- +goose Down
DROP INDEX telemetry_outbox_unsettled;
ALTER TABLE telemetry_outbox DROP COLUMN settled_at;
ALTER TABLE telemetry_outbox DROP COLUMN paged_again_at;

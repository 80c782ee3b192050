-- Notes where aliases point, and since when we see them there.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model_alias (model, alias, version, since, source_id, seen_at, rev)
SELECT model, alias, version, $now, $source_id, $now, $rev
FROM incoming_alias
ON CONFLICT (model, alias) DO UPDATE
SET since = CASE WHEN version = excluded.version THEN since ELSE excluded.since END,
    version = excluded.version, source_id = excluded.source_id, seen_at = excluded.seen_at,
    rev = excluded.rev

-- Makes the assets of scans known; what the settings say wins over what a report suggests.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO asset (name, kind, domain, owner, environment, tier, source_id, seen_at, rev)
SELECT name, kind, domain, owner, environment, tier, $source_id, $now, $rev
FROM incoming_asset
ON CONFLICT (name) DO UPDATE
SET kind = CASE WHEN excluded.domain || excluded.owner <> '' THEN excluded.kind ELSE kind END,
    domain = CASE WHEN excluded.domain <> '' THEN excluded.domain ELSE domain END,
    owner = CASE WHEN excluded.owner <> '' THEN excluded.owner ELSE owner END,
    environment = CASE
        WHEN excluded.environment <> '' THEN excluded.environment ELSE environment
    END,
    tier = least(tier, excluded.tier), seen_at = excluded.seen_at, rev = excluded.rev

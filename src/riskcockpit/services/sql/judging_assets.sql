-- Make every asset that the settings describe known, seen upstream or not: a critical data set that
-- nobody checks must be missed by somebody. An asset that is known already keeps what it has.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO asset (name, kind, domain, owner, environment, tier, source_id, seen_at, rev)
SELECT name, kind, domain, owner, environment, tier, 'settings', $now, $rev
FROM described_asset
ON CONFLICT (name) DO NOTHING

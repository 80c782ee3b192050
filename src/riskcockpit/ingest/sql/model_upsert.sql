-- Takes over what the registry says of models; money at risk is computed elsewhere.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model (
    name, owner, tier, domain, purpose, description, tags, exposure, source_id, seen_at, rev
)
SELECT name, owner, tier, domain, purpose, description, tags, 0, $source_id, $now, $rev
FROM incoming_model
ON CONFLICT (name) DO UPDATE
SET owner = excluded.owner, tier = excluded.tier, domain = excluded.domain,
    purpose = excluded.purpose, description = excluded.description, tags = excluded.tags,
    source_id = excluded.source_id, seen_at = excluded.seen_at, rev = excluded.rev

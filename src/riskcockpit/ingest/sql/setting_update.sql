-- Takes over how settings are now that were known before.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE setting
SET since = CASE
        WHEN setting.value = i.value AND setting.declared = i.declared THEN setting.since
        ELSE coalesce(i.changed_at, $now)
    END,
    value = i.value, declared = i.declared, environment = i.environment, seen_at = $now,
    rev = $rev
FROM incoming_setting AS i
WHERE setting.source_id = $source_id AND setting.kind = i.kind AND setting.asset = i.asset
    AND setting.name = i.name AND i.value IS NOT NULL

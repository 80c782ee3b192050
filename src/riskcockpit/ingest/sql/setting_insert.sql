-- Writes down the settings that are seen for the first time.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO setting BY NAME
SELECT
    $source_id AS source_id, i.kind, i.asset, i.name, i.environment, i.value, i.declared,
    i.environment = '' AS is_production,
    coalesce(i.changed_at, $now) AS since, $now AS seen_at, $rev AS rev
FROM incoming_setting AS i
WHERE i.value IS NOT NULL AND NOT EXISTS (
    FROM setting AS s
    WHERE s.source_id = $source_id AND s.kind = i.kind AND s.asset = i.asset AND s.name = i.name
)

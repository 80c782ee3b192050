-- Models of a source that it has no longer.
-- params: source_id VARCHAR, names VARCHAR[]
-- returns: name
SELECT name
FROM model
WHERE source_id = $source_id AND name NOT IN (SELECT unnest($names))
ORDER BY name

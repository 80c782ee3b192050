-- Removes versions of models that a source has no longer.
-- params: source_id VARCHAR, names VARCHAR[]
-- returns: nothing
DELETE FROM model_version
WHERE model IN (SELECT name FROM model WHERE source_id = $source_id AND name NOT IN (SELECT unnest($names)))

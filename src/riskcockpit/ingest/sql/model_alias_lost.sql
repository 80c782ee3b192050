-- Writes into the journal that the aliases of models are gone with them.
-- params: source_id VARCHAR, names VARCHAR[], now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model_alias_move (model, alias, from_version, to_version, "at", decision_id, rev)
SELECT model_alias.model, model_alias.alias, model_alias.version, NULL, $now, '', $rev
FROM model_alias
JOIN model ON model.name = model_alias.model
WHERE model.source_id = $source_id AND model.name NOT IN (SELECT unnest($names))

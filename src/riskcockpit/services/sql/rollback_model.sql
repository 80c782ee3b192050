-- One model as the registry describes it, with where its champion points.
-- params: model VARCHAR, alias VARCHAR
-- returns: source_id, exposure (settings' currency), champion (NULL without one), tags
SELECT m.source_id, m.exposure, a.version AS champion, m.tags
FROM model AS m
LEFT JOIN model_alias AS a ON a.model = m.name AND a.alias = $alias
WHERE m.name = $model

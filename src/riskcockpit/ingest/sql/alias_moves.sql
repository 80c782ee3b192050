-- How the aliases of models differ from what was known; a model seen first has no moves.
-- params: none
-- returns: model, alias, from_version, to_version
WITH stored AS (
    SELECT model, alias, version
    FROM model_alias
    WHERE model IN (SELECT name FROM incoming_model)
), known AS (
    SELECT name
    FROM incoming_model
    WHERE EXISTS (FROM model WHERE model.name = incoming_model.name)
)
SELECT
    coalesce(incoming_alias.model, stored.model) AS model,
    coalesce(incoming_alias.alias, stored.alias) AS alias,
    stored.version AS from_version, incoming_alias.version AS to_version
FROM incoming_alias
FULL JOIN stored
    ON stored.model = incoming_alias.model AND stored.alias = incoming_alias.alias
WHERE stored.version IS DISTINCT FROM incoming_alias.version
  AND coalesce(incoming_alias.model, stored.model) IN (SELECT name FROM known)
ORDER BY model, alias

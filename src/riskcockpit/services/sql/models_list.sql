-- Every registered model, with its champion where it has one.
-- params: model VARCHAR
-- returns: name, tier, owner, domain, purpose, exposure (settings' currency), champion, since (UTC);
--   of one model, or of all when $model is NULL
SELECT
    model.name, model.tier, model.owner, model.domain, model.purpose, model.exposure,
    alias.version AS champion, alias.since
FROM model
LEFT JOIN model_alias AS alias ON alias.model = model.name AND alias.alias = 'champion'
WHERE $model IS NULL OR model.name = $model
ORDER BY model.tier, model.name

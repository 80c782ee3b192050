-- What decides where a model can be rolled back to; of one model, or of all when $model is NULL.
-- params: model VARCHAR
-- returns: model, version, status, created_at (UTC), tags
SELECT model, version, status, created_at, tags
FROM model_version
WHERE $model IS NULL OR model = $model
ORDER BY model, version DESC

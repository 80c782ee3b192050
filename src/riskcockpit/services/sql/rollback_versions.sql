-- The versions of a model, newest first.
-- params: model VARCHAR
-- returns: version, status, created_at (UTC), is_approved, is_rolled_back, tags, data set names
SELECT version, status, created_at, is_approved, is_rolled_back, tags,
    [d.name FOR d IN datasets] AS dataset_names
FROM model_version
WHERE model = $model
ORDER BY version DESC

-- The versions of all models, newest first, for the rules of automation.
-- params: none
-- returns: model, version, status, created_at (UTC), is_approved, is_rolled_back, tags, data set names
SELECT model, version, status, created_at, is_approved, is_rolled_back, tags,
    [d.name FOR d IN datasets] AS dataset_names
FROM model_version
ORDER BY model, version DESC

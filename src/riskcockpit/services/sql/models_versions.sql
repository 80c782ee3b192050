-- The versions of one model, or of all when $model is NULL, newest first.
-- params: model VARCHAR
-- returns: the columns of a version with the aliases that point to it; times are UTC
SELECT
    v.model, v.version, v.status, v.created_at, v.run_id, v.run_user, v.description,
    v.is_approved, v.is_rolled_back, v.validated_by, v.tags, v.metrics, v.params, v.datasets,
    v.artifacts,
    (
        SELECT coalesce(list(a.alias ORDER BY a.alias), [])
        FROM model_alias AS a
        WHERE a.model = v.model AND a.version = v.version
    ) AS aliases
FROM model_version AS v
WHERE $model IS NULL OR v.model = $model
ORDER BY v.model, v.version DESC

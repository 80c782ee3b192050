WITH champion AS (
    SELECT
        coalesce(
            v.is_approved AND v.validated_by <> '' AND lower(v.validated_by) <> lower(v.run_user)
            AND len(list_filter(v.artifacts, lambda path: regexp_matches(lower(path), '^(shap|explain|lime|feature_importance)'))) > 0
            AND len(list_filter(v.datasets, lambda d: d.digest <> '' AND d.context IN ('training', ''))) > 0,
            false
        ) AS is_governed,
        v.seen_at
    FROM model_alias AS a
    LEFT JOIN model_version AS v ON v.model = a.model AND v.version = a.version
    WHERE a.alias = 'champion'
)
SELECT
    (count(*) FILTER (WHERE is_governed) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max(seen_at) AS as_of
FROM champion

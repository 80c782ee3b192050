-- One row per production model: the newest older version that is ready, approved and was not
-- rolled back (the same rule as domain.model.rollback_target).
SELECT
    a.model AS resource,
    CASE WHEN max(v.version) IS NULL THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN max(v.version) IS NULL THEN format('nothing to roll v{} back to', a.version)
        ELSE format('v{} can be rolled back to v{}', a.version, max(v.version))
    END AS reason,
    max(coalesce(m.owner, '')) AS owner,
    max(coalesce(m.tier, 3)) AS tier
FROM model_alias AS a
LEFT JOIN model AS m ON m.name = a.model
LEFT JOIN model_version AS v
    ON v.model = a.model AND v.version < a.version AND v.status = 'READY'
    AND v.is_approved AND NOT v.is_rolled_back
WHERE a.alias = 'champion'
GROUP BY a.model, a.version
ORDER BY a.model

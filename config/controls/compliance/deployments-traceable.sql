-- One row per deployment to production of the window: what its chain lacks.
WITH missing AS (
    SELECT deployment_id, string_agg(format('{}: {}', link, reason), '; ' ORDER BY link, reason) AS gaps
    FROM deployment_gap
    GROUP BY deployment_id
)
SELECT
    format('{}: {} {}', d.asset, d.environment, left(d.id, 10)) AS resource,
    CASE WHEN m.gaps IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    coalesce(m.gaps, 'commit, pipeline, scans, approval and model are known') AS reason,
    d.id AS deployment
FROM deployment AS d
LEFT JOIN missing AS m ON m.deployment_id = d.id
WHERE
    d.is_production AND d.status IN ('succeeded', 'failed') AND d.at_place <= $as_of
    AND d.at_place >= $as_of - to_days(CAST($window_days AS INTEGER))
ORDER BY resource

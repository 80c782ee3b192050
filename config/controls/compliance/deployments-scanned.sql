-- One row per environment of production: whether the chain of its newest deployment has its scans.
WITH newest AS (
    SELECT asset, environment, max_by(id, (at_place, id)) AS id, max(at_place) AS at_place
    FROM deployment
    WHERE
        is_production AND status IN ('succeeded', 'failed') AND at_place <= $as_of
        AND at_place >= $as_of - to_days(CAST($window_days AS INTEGER))
    GROUP BY asset, environment
),
gap AS (
    SELECT deployment_id, string_agg(reason, '; ' ORDER BY reason) AS reasons
    FROM deployment_gap
    WHERE link = 'scans'
    GROUP BY deployment_id
)
SELECT
    format('{}: {}', n.asset, n.environment) AS resource,
    CASE WHEN g.reasons IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    coalesce(g.reasons, 'a complete scan came before') AS reason,
    n.id AS deployment
FROM newest AS n
LEFT JOIN gap AS g ON g.deployment_id = n.id
ORDER BY resource

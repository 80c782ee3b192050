-- One row per environment of production: what was open at its newest deployment.
WITH newest AS (
    SELECT asset, environment, max_by(id, (at_place, id)) AS id, max(at_place) AS at_place
    FROM deployment
    WHERE
        is_production AND status IN ('succeeded', 'failed') AND at_place <= $as_of
        AND at_place >= $as_of - to_days(CAST($window_days AS INTEGER))
    GROUP BY asset, environment
),
grave AS (
    SELECT asset, greatest(first_seen, reopened_at) AS since, fixed_at, title
    FROM finding
    WHERE severity >= $severity AND state NOT IN ('waived', 'false_positive', 'suppressed_at_source')
),
known AS (SELECT DISTINCT asset FROM scan)
SELECT
    format('{}: {}', d.asset, d.environment) AS resource,
    CASE
        WHEN count(k.asset) = 0 THEN 'skip'
        WHEN count(g.asset) > 0 THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN count(k.asset) = 0 THEN 'it was never scanned'
        WHEN count(g.asset) > 0 THEN format('{} critical findings were open, as {}', count(g.asset), min(g.title))
        ELSE 'nothing critical was open'
    END AS reason,
    min(d.id) AS deployment
FROM newest AS d
LEFT JOIN known AS k ON k.asset = d.asset
LEFT JOIN grave AS g
    ON g.asset = d.asset AND g.since <= d.at_place AND coalesce(g.fixed_at, $as_of) > d.at_place
GROUP BY d.asset, d.environment
ORDER BY resource

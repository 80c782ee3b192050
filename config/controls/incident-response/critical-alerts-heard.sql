-- One row per asset that monitoring speaks of.
WITH silenced AS (
    SELECT asset, count(*) AS alerts, arg_min(title, id) AS example, arg_min(owner, id) AS owner
    FROM finding
    WHERE
        severity >= $severity AND state = 'suppressed_at_source'
        AND regexp_matches(lower(tool), $tools)
    GROUP BY asset
),
watched AS (
    SELECT DISTINCT asset
    FROM scan
    WHERE outcome IN ('applied', 'repeated') AND regexp_matches(lower(tool), $tools)
    UNION
    SELECT asset FROM silenced
)
SELECT
    w.asset AS resource,
    CASE WHEN s.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN s.asset IS NULL THEN 'no critical alert is silenced'
        ELSE format('{} critical alerts are silenced without a decision, as {}', s.alerts, s.example)
    END AS reason,
    coalesce(s.owner, '') AS owner
FROM watched AS w
LEFT JOIN silenced AS s ON s.asset = w.asset
ORDER BY w.asset

-- One row per asset that monitoring speaks of.
WITH firing AS (
    SELECT
        asset, count(*) AS alerts,
        max(date_diff('minute', greatest(detected_at, reopened_at), $as_of)) AS minutes,
        arg_min(title, (detected_at, id)) AS worst,
        arg_min(owner, (detected_at, id)) AS owner
    FROM finding
    WHERE
        severity >= $severity AND state IN ('open', 'triage', 'pending_waiver')
        AND regexp_matches(lower(tool), $tools)
        AND date_diff('minute', greatest(detected_at, reopened_at), $as_of) > 60 * $hours
    GROUP BY asset
),
watched AS (
    SELECT DISTINCT asset
    FROM scan
    WHERE outcome IN ('applied', 'repeated') AND regexp_matches(lower(tool), $tools)
    UNION
    SELECT asset FROM firing
)
SELECT
    w.asset AS resource,
    CASE WHEN f.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN f.asset IS NULL THEN format('nothing critical fires for more than {} h', $hours)
        ELSE format('{} fire, the oldest for {} min: {}', f.alerts, f.minutes, f.worst)
    END AS reason,
    coalesce(f.owner, '') AS owner
FROM watched AS w
LEFT JOIN firing AS f ON f.asset = w.asset
ORDER BY w.asset

-- One row per asset that tools of the wanted sort look at, and one more for what a waiver covers
-- there: findings of that sort which are open longer than they may be. The sort is asked of each
-- tool once; the space comes from the tool, so that only its own titles are read.
WITH meant AS (
    SELECT tool, ' ' AS space
    FROM (SELECT unnest(list(tool)) AS tool FROM (SELECT DISTINCT tool FROM finding))
    WHERE regexp_matches(lower(tool), $tools)
),
late AS (
    SELECT
        asset,
        state = 'waived' AS is_waived,
        count(*) AS findings,
        max(date_diff('hour', greatest(first_seen, reopened_at), $as_of)) AS hours,
        arg_min(title, (-severity, first_seen, id)) AS worst,
        string_agg(DISTINCT nullif(waiver_id, ''), ' ' ORDER BY nullif(waiver_id, '')) AS waivers,
        arg_min(owner, (-severity, first_seen, id)) AS owner
    FROM finding
    INNER JOIN meant USING (tool)
    WHERE
        class LIKE $class
        AND severity >= $severity
        AND state IN ('open', 'triage', 'pending_waiver', 'waived')
        AND first_seen < date_trunc('hour', $as_of) - to_hours(24 * $days)
        AND date_diff('hour', greatest(first_seen, reopened_at), $as_of) > 24 * $days
        AND regexp_matches(lower(rule || space || title), $words)
    GROUP BY asset, state = 'waived'
),
looked AS (
    SELECT DISTINCT asset
    FROM scan
    WHERE outcome IN ('applied', 'repeated') AND regexp_matches(lower(tool), $tools)
    UNION
    SELECT asset FROM late
)
SELECT
    s.asset AS resource,
    CASE WHEN l.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN l.asset IS NULL THEN format('nothing of this sort is open for more than {} days', $days)
        ELSE format('{} open for too long, the oldest for {} h: {}', l.findings, l.hours, l.worst)
    END AS reason,
    coalesce(l.owner, '') AS owner,
    '' AS waived_by
FROM looked AS s
LEFT JOIN late AS l ON l.asset = s.asset AND NOT l.is_waived
UNION ALL
SELECT
    asset || ' (waived)',
    'alarm',
    format('{} open for too long and waived: {}', findings, worst),
    owner,
    coalesce(waivers, 'unknown')
FROM late
WHERE is_waived
ORDER BY resource

-- One row per scanned asset, and one more for what a waiver covers there.
WITH overdue AS (
    SELECT
        asset,
        state = 'waived' AS is_waived,
        count(*) AS findings,
        count(*) FILTER (WHERE is_kev) AS exploited,
        max(date_diff('hour', due_at, $as_of)) AS hours,
        string_agg(DISTINCT nullif(waiver_id, ''), ' ' ORDER BY nullif(waiver_id, '')) AS waivers,
        arg_min(owner, (-severity, due_at, id)) AS owner
    FROM finding
    WHERE
        (severity >= $severity OR is_kev)
        AND state IN ('open', 'triage', 'pending_waiver', 'waived')
        AND due_at < $as_of
    GROUP BY asset, state = 'waived'
),
scanned AS (
    SELECT DISTINCT asset FROM scan WHERE outcome IN ('applied', 'repeated')
    UNION
    SELECT asset FROM overdue
)
SELECT
    s.asset AS resource,
    CASE WHEN o.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN o.asset IS NULL THEN 'nothing critical or known-exploited is overdue'
        ELSE format('{} overdue, {} of them known-exploited, the oldest by {} h', o.findings, o.exploited, o.hours)
    END AS reason,
    coalesce(o.owner, '') AS owner,
    '' AS waived_by
FROM scanned AS s
LEFT JOIN overdue AS o ON o.asset = s.asset AND NOT o.is_waived
UNION ALL
SELECT
    asset || ' (waived)',
    'alarm',
    format('{} overdue and waived, the oldest by {} h', findings, hours),
    owner,
    coalesce(waivers, 'unknown')
FROM overdue
WHERE is_waived
ORDER BY resource

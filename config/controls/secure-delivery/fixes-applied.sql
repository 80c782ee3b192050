-- One row per scanned asset, and one more for what a waiver covers there.
WITH late AS (
    SELECT
        asset,
        state = 'waived' AS is_waived,
        count(*) AS findings,
        arg_min(vulnerability, (-severity, first_seen, id)) AS worst,
        string_agg(DISTINCT nullif(waiver_id, ''), ' ' ORDER BY nullif(waiver_id, '')) AS waivers,
        arg_min(owner, (-severity, first_seen, id)) AS owner
    FROM finding
    WHERE
        state IN ('open', 'triage', 'pending_waiver', 'waived')
        AND class = 'dependency'
        AND severity >= $severity
        AND fixed_version <> ''
        AND date_diff('hour', greatest(first_seen, reopened_at), $as_of) > 24 * $days
    GROUP BY asset, state = 'waived'
),
looked AS (
    SELECT DISTINCT asset FROM scan WHERE outcome IN ('applied', 'repeated')
    UNION
    SELECT asset FROM late
)
SELECT
    s.asset AS resource,
    CASE WHEN l.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN l.asset IS NULL THEN 'no critical vulnerabilities with a fix are open for too long'
        ELSE format('{} critical vulnerabilities with a fix are open for too long, as {}', l.findings, l.worst)
    END AS reason,
    coalesce(l.owner, '') AS owner,
    '' AS waived_by
FROM looked AS s
LEFT JOIN late AS l ON l.asset = s.asset AND NOT l.is_waived
UNION ALL
SELECT
    asset || ' (waived)',
    'alarm',
    format('{} critical vulnerabilities with a fix are open for too long and waived, as {}', findings, worst),
    owner,
    coalesce(waivers, 'unknown')
FROM late
WHERE is_waived
ORDER BY resource

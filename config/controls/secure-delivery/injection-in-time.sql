-- One row per scanned asset, and one more for what a waiver covers there. Weaknesses by number:
-- commands (77, 78), cross-site scripting (79), SQL (89), code (94, 95), XML entities (611),
-- traversal (22), deserialisation (502), requests forged by the server (918), templates (1336).
-- What began too lately is left out before its weaknesses are read.
WITH late AS (
    SELECT
        asset,
        state = 'waived' AS is_waived,
        count(*) AS findings,
        max(date_diff('hour', greatest(first_seen, reopened_at), $as_of)) AS hours,
        string_agg(DISTINCT nullif(waiver_id, ''), ' ' ORDER BY nullif(waiver_id, '')) AS waivers,
        arg_min(owner, (-severity, first_seen, id)) AS owner
    FROM finding
    WHERE
        class IN ('code', 'dast')
        AND severity >= $severity
        AND state IN ('open', 'triage', 'pending_waiver', 'waived')
        AND first_seen < date_trunc('hour', $as_of) - to_hours(24 * $days)
        AND date_diff('hour', greatest(first_seen, reopened_at), $as_of) > 24 * $days
        AND list_has_any(cwes, [22, 77, 78, 79, 89, 94, 95, 502, 611, 918, 1336])
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
        WHEN l.asset IS NULL THEN format('no injection flaw is open for more than {} days', $days)
        ELSE format('{} injection flaws are open for too long, the oldest for {} h', l.findings, l.hours)
    END AS reason,
    coalesce(l.owner, '') AS owner,
    '' AS waived_by
FROM looked AS s
LEFT JOIN late AS l ON l.asset = s.asset AND NOT l.is_waived
UNION ALL
SELECT
    asset || ' (waived)',
    'alarm',
    format('{} injection flaws are open for too long and waived', findings),
    owner,
    coalesce(waivers, 'unknown')
FROM late
WHERE is_waived
ORDER BY resource

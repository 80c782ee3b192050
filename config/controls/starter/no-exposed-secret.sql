-- One row per scanned asset, and one more for what a waiver covers there.
WITH exposed AS (
    SELECT
        asset,
        state = 'waived' AS is_waived,
        count(*) AS findings,
        max(date_diff('hour', first_seen, $as_of)) AS hours,
        string_agg(DISTINCT nullif(waiver_id, ''), ' ' ORDER BY nullif(waiver_id, '')) AS waivers,
        arg_min(owner, (first_seen, id)) AS owner
    FROM finding
    WHERE class = 'secret' AND state IN ('open', 'triage', 'pending_waiver', 'waived')
    GROUP BY asset, state = 'waived'
),
scanned AS (
    SELECT DISTINCT asset FROM scan WHERE outcome IN ('applied', 'repeated')
    UNION
    SELECT asset FROM exposed
)
SELECT
    s.asset AS resource,
    CASE WHEN e.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN e.asset IS NULL THEN 'no exposed secret is open'
        ELSE format('{} exposed secrets, the oldest for {} h', e.findings, e.hours)
    END AS reason,
    coalesce(e.owner, '') AS owner,
    '' AS waived_by
FROM scanned AS s
LEFT JOIN exposed AS e ON e.asset = s.asset AND NOT e.is_waived
UNION ALL
SELECT
    asset || ' (waived)',
    'alarm',
    format('{} exposed secrets are waived', findings),
    owner,
    coalesce(waivers, 'unknown')
FROM exposed
WHERE is_waived
ORDER BY resource

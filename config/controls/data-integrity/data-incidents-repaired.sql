-- One row per data set that is watched, and one more for what a waiver covers there.
WITH broken AS (
    SELECT
        asset,
        state = 'waived' AS is_waived,
        count(*) AS findings,
        max(date_diff('hour', greatest(detected_at, reopened_at), $as_of)) AS hours,
        arg_min(title, (-severity, id)) AS worst,
        string_agg(DISTINCT nullif(waiver_id, ''), ' ' ORDER BY nullif(waiver_id, '')) AS waivers
    FROM finding
    WHERE
        class = 'data' AND severity >= $severity
        AND state IN ('open', 'triage', 'pending_waiver', 'waived')
        AND date_diff('hour', greatest(detected_at, reopened_at), $as_of) > $hours
    GROUP BY asset, state = 'waived'
),
watched AS (
    SELECT DISTINCT subject AS asset FROM reading WHERE subject_kind = 'dataset'
    UNION
    SELECT asset FROM broken
)
SELECT
    w.asset AS resource,
    CASE WHEN b.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN b.asset IS NULL THEN format('no grave fault is older than {} h', $hours)
        ELSE format('{} grave faults, the oldest for {} h: {}', b.findings, b.hours, b.worst)
    END AS reason,
    coalesce(a.owner, '') AS owner,
    '' AS waived_by
FROM watched AS w
LEFT JOIN broken AS b ON b.asset = w.asset AND NOT b.is_waived
LEFT JOIN asset AS a ON a.name = w.asset
UNION ALL
SELECT
    asset || ' (waived)', 'alarm', format('{} grave faults are waived: {}', findings, worst), '',
    coalesce(waivers, 'unknown')
FROM broken
WHERE is_waived
ORDER BY resource

-- One row per scanned asset: grave findings that the source silences and no waiver covers.
WITH decided AS (
    SELECT DISTINCT c.finding_id
    FROM waiver_finding AS c
    INNER JOIN waiver AS w ON w.id = c.waiver_id
    WHERE w.state = 'granted'
),
silenced AS (
    SELECT
        f.asset, count(*) AS findings,
        arg_min(f.title, (-f.severity, f.id)) AS worst, arg_min(f.owner, (-f.severity, f.id)) AS owner
    FROM finding AS f
    ANTI JOIN decided AS d ON d.finding_id = f.id
    WHERE f.state = 'suppressed_at_source' AND f.severity >= $severity
    GROUP BY f.asset
),
looked AS (
    SELECT DISTINCT asset FROM scan WHERE outcome IN ('applied', 'repeated')
    UNION
    SELECT asset FROM silenced
)
SELECT
    l.asset AS resource,
    CASE WHEN s.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN s.asset IS NULL THEN 'no grave finding is silenced without a decision'
        ELSE format('{} grave findings are silenced without a decision, as {}', s.findings, s.worst)
    END AS reason,
    coalesce(s.owner, '') AS owner
FROM looked AS l
LEFT JOIN silenced AS s ON s.asset = l.asset
ORDER BY l.asset

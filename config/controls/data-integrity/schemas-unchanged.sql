-- One row per data set that a tool for data checks looks at.
WITH changed AS (
    SELECT
        asset, count(*) AS findings,
        max(date_diff('hour', greatest(first_seen, reopened_at), $as_of)) AS hours
    FROM finding
    WHERE
        class = 'data' AND state IN ('open', 'triage', 'pending_waiver')
        AND regexp_matches(lower(metric || ' ' || rule), $words)
        AND date_diff('hour', greatest(first_seen, reopened_at), $as_of) > $hours
    GROUP BY asset
),
looked AS (
    SELECT DISTINCT asset
    FROM scan
    WHERE outcome IN ('applied', 'repeated') AND regexp_matches(lower(tool), $tools)
    UNION
    SELECT asset FROM changed
)
SELECT
    l.asset AS resource,
    CASE WHEN c.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN c.asset IS NULL THEN 'no change of its schema waits'
        ELSE format('{} changes of its schema are open, the oldest for {} h', c.findings, c.hours)
    END AS reason,
    coalesce(a.owner, '') AS owner
FROM looked AS l
LEFT JOIN changed AS c ON c.asset = l.asset
LEFT JOIN asset AS a ON a.name = l.asset
ORDER BY l.asset

-- One row per data set of the tier: when a check or a monitor of its quality last looked at it.
WITH checked AS (
    SELECT asset, scanned_at AS "at"
    FROM scan
    WHERE outcome IN ('applied', 'repeated') AND regexp_matches(lower(tool), $tools)
    UNION ALL
    SELECT subject, "at" FROM reading WHERE subject_kind = 'dataset' AND metric_class = 'quality'
),
newest AS (SELECT asset, max("at") AS "at" FROM checked WHERE "at" <= $as_of GROUP BY asset)
SELECT
    a.name AS resource,
    CASE WHEN date_diff('hour', n."at", $as_of) <= $hours THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN n.asset IS NULL THEN 'no check of it was ever seen'
        ELSE format('checked {} h ago, {} at most', date_diff('hour', n."at", $as_of), $hours)
    END AS reason,
    a.owner,
    a.domain,
    a.tier
FROM asset AS a
LEFT JOIN newest AS n ON n.asset = a.name
WHERE a.kind = 'dataset' AND a.tier <= $tier AND EXISTS (SELECT 1 FROM checked)
ORDER BY a.name

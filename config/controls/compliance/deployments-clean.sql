-- One row per environment of production: what was open at its newest deployment.
WITH deployed AS (
    SELECT subject, segment, max("at") AS "at"
    FROM reading
    WHERE
        subject_kind = 'service' AND metric = 'deployment_success' AND "at" <= $as_of
        AND "at" >= $as_of - to_days(CAST($window_days AS INTEGER))
        AND regexp_matches(lower(segment), $environments)
    GROUP BY subject, segment
),
grave AS (
    SELECT asset, greatest(first_seen, reopened_at) AS since, fixed_at, title
    FROM finding
    WHERE severity >= $severity AND state NOT IN ('waived', 'false_positive', 'suppressed_at_source')
),
known AS (SELECT DISTINCT asset FROM scan)
SELECT
    format('{}: {}', d.subject, d.segment) AS resource,
    CASE
        WHEN count(k.asset) = 0 THEN 'skip'
        WHEN count(g.asset) > 0 THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN count(k.asset) = 0 THEN 'it was never scanned'
        WHEN count(g.asset) > 0 THEN format('{} critical findings were open, as {}', count(g.asset), min(g.title))
        ELSE 'nothing critical was open'
    END AS reason
FROM deployed AS d
LEFT JOIN known AS k ON k.asset = d.subject
LEFT JOIN grave AS g
    ON g.asset = d.subject AND g.since <= d."at" AND coalesce(g.fixed_at, $as_of) > d."at"
GROUP BY d.subject, d.segment
ORDER BY resource

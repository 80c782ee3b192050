-- One row per environment of production: its newest deployment, and the newest complete scan before it.
WITH deployed AS (
    SELECT subject, segment, max("at") AS "at"
    FROM reading
    WHERE
        subject_kind = 'service' AND metric = 'deployment_success' AND "at" <= $as_of
        AND "at" >= $as_of - to_days(CAST($window_days AS INTEGER))
        AND regexp_matches(lower(segment), $environments)
    GROUP BY subject, segment
),
looked AS (
    SELECT d.subject, d.segment, d."at", max(s.scanned_at) AS scanned_at
    FROM deployed AS d
    LEFT JOIN scan AS s
        ON s.asset = d.subject AND s.scanned_at <= d."at" AND s.is_complete
        AND s.outcome IN ('applied', 'repeated')
    GROUP BY d.subject, d.segment, d."at"
)
SELECT
    format('{}: {}', subject, segment) AS resource,
    CASE WHEN date_diff('hour', scanned_at, "at") <= 24 * $days THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN scanned_at IS NULL THEN 'no complete scan came before the deployment'
        ELSE format('scanned {} h before the deployment, {} days at most', date_diff('hour', scanned_at, "at"), $days)
    END AS reason
FROM looked
ORDER BY resource

-- One row per environment of production: how its newest deployment went.
WITH newest AS (
    SELECT subject, segment, arg_max(value, ("at", -value)) AS value, max("at") AS "at"
    FROM reading
    WHERE
        subject_kind = 'service' AND metric = 'deployment_success' AND "at" <= $as_of
        AND "at" >= $as_of - to_days(CAST($window_days AS INTEGER))
        AND regexp_matches(lower(segment), $environments)
    GROUP BY subject, segment
)
SELECT
    format('{}: {}', subject, segment) AS resource,
    CASE
        WHEN value >= 1 THEN 'ok'
        WHEN date_diff('minute', "at", $as_of) > 60 * $hours THEN 'alarm'
        ELSE 'info'
    END AS status,
    format('the newest deployment {} {} h ago', CASE WHEN value >= 1 THEN 'succeeded' ELSE 'failed' END, date_diff('hour', "at", $as_of)) AS reason
FROM newest
ORDER BY resource

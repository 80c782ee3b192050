-- One row per watched repository: pipelines that have only failed for a while.
WITH pipeline AS (
    SELECT
        subject, segment,
        max("at") FILTER (WHERE value >= 1) AS good_at,
        max("at") AS newest,
        min("at") AS oldest,
        arg_max(value, ("at", -value)) AS value
    FROM reading
    WHERE
        subject_kind = 'service' AND metric = 'workflow_success' AND "at" <= $as_of
        AND "at" >= $as_of - to_days(CAST($window_days AS INTEGER))
    GROUP BY subject, segment
),
broken AS (
    SELECT
        subject, segment,
        value < 1 AND date_diff('hour', coalesce(good_at, oldest), $as_of) > $hours AS is_broken
    FROM pipeline
)
SELECT
    subject AS resource,
    CASE WHEN count(*) FILTER (WHERE is_broken) > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN count(*) FILTER (WHERE is_broken) > 0
            THEN format('{} of {} pipelines are broken, as {}', count(*) FILTER (WHERE is_broken), count(*), min(segment) FILTER (WHERE is_broken))
        ELSE format('{} pipelines work', count(*))
    END AS reason
FROM broken
GROUP BY subject
ORDER BY subject

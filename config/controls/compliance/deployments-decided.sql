-- One row per watched service: deployments that waited when it was last read.
WITH waiting AS (
    SELECT subject, segment, arg_max(value, ("at", value)) AS seconds, max("at") AS "at"
    FROM reading
    WHERE subject_kind = 'service' AND metric = 'deployment_waiting' AND "at" <= $as_of
    GROUP BY subject, segment
),
watched AS (
    SELECT subject, max("at") AS newest
    FROM reading
    WHERE subject_kind = 'service' AND "at" <= $as_of
    GROUP BY subject
)
SELECT
    w.subject AS resource,
    CASE WHEN max(d.seconds) > 3600 * $hours THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN count(d.segment) = 0 THEN 'no deployment waits'
        ELSE format('{} wait, the longest for {:.0f} h: {}', count(d.segment), max(d.seconds) / 3600, max_by(d.segment, (d.seconds, d.segment)))
    END AS reason
FROM watched AS w
LEFT JOIN waiting AS d
    ON d.subject = w.subject AND date_diff('minute', d."at", w.newest) <= 30
GROUP BY w.subject
ORDER BY w.subject

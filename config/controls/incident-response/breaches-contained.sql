-- One row per monitored model: the slowest answer to a grave breach of the last days.
WITH breaches AS (
    SELECT
        model AS subject,
        date_diff('minute', detected_at, least(contained_at, fixed_at, $as_of)) / 60.0 AS hours
    FROM finding
    WHERE
        class = 'model' AND severity >= $severity AND state <> 'false_positive'
        AND detected_at <= $as_of AND detected_at >= $as_of - to_days(CAST($days AS INTEGER))
),
answered AS (
    SELECT
        subject, count(*) AS breaches, count(*) FILTER (WHERE hours > $hours) AS late,
        max(hours) AS slowest
    FROM breaches
    GROUP BY subject
),
watched AS (
    SELECT DISTINCT subject FROM reading WHERE subject_kind = 'model'
    UNION
    SELECT subject FROM answered
)
SELECT
    w.subject AS resource,
    CASE WHEN a.late > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN a.subject IS NULL THEN format('no grave breach in {} days', $days)
        ELSE format('{} of {} breaches took longer than {} h, the longest {:.1f} h', a.late, a.breaches, $hours, a.slowest)
    END AS reason
FROM watched AS w
LEFT JOIN answered AS a ON a.subject = w.subject
ORDER BY w.subject

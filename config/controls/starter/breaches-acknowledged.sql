-- One row per monitored model or data set: the slowest answer to a breach of the last days.
WITH breaches AS (
    SELECT
        coalesce(nullif(model, ''), asset) AS subject,
        date_diff('second', detected_at, least(acknowledged_at, fixed_at, $as_of)) / 60.0 AS minutes,
        acknowledged_at IS NULL AND fixed_at IS NULL AS is_waiting
    FROM finding
    WHERE
        class IN ('model', 'data')
        AND state <> 'false_positive'
        AND detected_at <= $as_of
        AND date_diff('day', detected_at, $as_of) <= $days
),
answered AS (
    SELECT
        subject,
        count(*) AS breaches,
        count(*) FILTER (WHERE minutes > $minutes) AS late,
        count(*) FILTER (WHERE is_waiting) AS waiting,
        max(minutes) AS slowest
    FROM breaches
    GROUP BY subject
),
watched AS (
    SELECT DISTINCT subject FROM reading WHERE subject_kind IN ('model', 'dataset')
    UNION
    SELECT subject FROM answered
)
SELECT
    w.subject AS resource,
    CASE
        WHEN coalesce(a.late, 0) > 0 THEN 'alarm'
        WHEN coalesce(a.waiting, 0) > 0 THEN 'info'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN a.subject IS NULL THEN format('no breach in {} days', $days)
        WHEN a.late > 0
            THEN format('{} of {} breaches waited longer than {} min, the longest {:.0f} min', a.late, a.breaches, $minutes, a.slowest)
        WHEN a.waiting > 0 THEN format('{} waits since {:.0f} min', a.waiting, a.slowest)
        ELSE format('{} breaches, the slowest answer took {:.0f} min', a.breaches, a.slowest)
    END AS reason
FROM watched AS w
LEFT JOIN answered AS a ON a.subject = w.subject
ORDER BY w.subject

-- One row per monitored model and data set.
WITH recurring AS (
    SELECT
        asset AS subject, count(*) AS incidents, max(reopened_count) AS times,
        arg_min(title, (-reopened_count, id)) AS worst
    FROM finding
    WHERE
        class IN ('model', 'data') AND reopened_count >= $times AND state <> 'false_positive'
        AND date_diff('day', reopened_at, $as_of) <= $days
    GROUP BY asset
),
watched AS (
    SELECT DISTINCT subject FROM reading WHERE subject_kind IN ('model', 'dataset')
    UNION
    SELECT subject FROM recurring
)
SELECT
    w.subject AS resource,
    CASE WHEN r.subject IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN r.subject IS NULL THEN format('nothing came back {} times in {} days', $times, $days)
        ELSE format('{} came back, the worst {} times: {}', r.incidents, r.times, r.worst)
    END AS reason
FROM watched AS w
LEFT JOIN recurring AS r ON r.subject = w.subject
ORDER BY w.subject

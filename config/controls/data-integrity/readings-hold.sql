-- One row per data set with readings of the class: does the latest of each metric hold, and is it new?
WITH last_ones AS (
    SELECT subject, metric, segment, "at", value, is_breach
    FROM reading
    WHERE
        subject_kind = 'dataset' AND metric_class = $metric_class AND "at" <= $as_of
        AND "at" >= $as_of - to_days(CAST($days AS INTEGER))
    QUALIFY "at" = max("at") OVER (PARTITION BY subject, metric, segment)
),
latest AS (
    SELECT
        subject, metric, segment, "at" AS newest, bool_or(is_breach) AS is_breach,
        arg_max(value, (is_breach, value)) AS value
    FROM last_ones
    GROUP BY subject, metric, segment, "at"
),
judged AS (
    SELECT
        subject,
        count(*) AS metrics,
        count(*) FILTER (WHERE is_breach) AS broken,
        max(newest) AS newest,
        arg_min(format('{} reads {:.4g}', metric, value), (metric, segment)) FILTER (WHERE is_breach) AS worst
    FROM latest
    GROUP BY subject
)
SELECT
    j.subject AS resource,
    CASE
        WHEN j.broken > 0 OR date_diff('hour', j.newest, $as_of) > $fresh_hours THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN j.broken > 0 THEN format('{} of {} are beyond their limit: {}', j.broken, j.metrics, j.worst)
        ELSE format('{} hold, the newest reading is {} h old', j.metrics, date_diff('hour', j.newest, $as_of))
    END AS reason,
    coalesce(a.owner, '') AS owner,
    coalesce(a.domain, '') AS domain
FROM judged AS j
LEFT JOIN asset AS a ON a.name = j.subject
ORDER BY j.subject

-- One row per model whose monitor says how many it measured: the smallest latest sample.
WITH newest AS (
    SELECT subject, metric, segment, sample_size
    FROM reading
    WHERE
        subject_kind = 'model' AND metric_class = 'bias' AND sample_size IS NOT NULL
        AND "at" <= $as_of AND "at" >= $as_of - to_days(CAST($days AS INTEGER))
    QUALIFY "at" = max("at") OVER (PARTITION BY subject, metric, segment)
),
latest AS (
    SELECT subject, min(sample_size) AS sample_size FROM newest GROUP BY subject, metric, segment
)
SELECT
    l.subject AS resource,
    CASE WHEN min(l.sample_size) >= $minimum THEN 'ok' ELSE 'alarm' END AS status,
    format('the smallest of {} samples has {}, {} at least', count(*), min(l.sample_size), $minimum) AS reason,
    coalesce(max(m.owner), '') AS owner
FROM latest AS l
LEFT JOIN model AS m ON m.name = l.subject
GROUP BY l.subject
ORDER BY l.subject

WITH model_day AS (
    SELECT subject, CAST("at" AS DATE) AS day, bool_or(is_breach) AS is_broken, max("at") AS newest
    FROM reading
    WHERE
        subject_kind = 'model' AND metric_class IN ('accuracy', 'bias', 'drift')
        AND threshold IS NOT NULL AND "at" BETWEEN $since AND $as_of
    GROUP BY subject, day
)
SELECT
    (count(*) FILTER (WHERE NOT is_broken) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max(newest) AS as_of
FROM model_day

WITH newest AS (
    SELECT subject, max("at") AS newest
    FROM reading
    WHERE subject_kind = 'model' AND metric_class IN ('accuracy', 'bias') AND "at" <= $as_of
    GROUP BY subject
),
fresh AS (
    SELECT a.model, n.newest
    FROM model_alias AS a
    LEFT JOIN newest AS n ON n.subject = a.model
    WHERE a.alias = 'champion'
)
SELECT
    (count(*) FILTER (WHERE newest >= $since) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max(newest) AS as_of
FROM fresh

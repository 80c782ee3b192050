WITH fresh AS (
    SELECT a.model, max(r."at") FILTER (WHERE r."at" <= $as_of) AS newest
    FROM model_alias AS a
    LEFT JOIN reading AS r
        ON r.subject_kind = 'model' AND r.subject = a.model AND r.metric_class IN ('accuracy', 'bias')
    WHERE a.alias = 'champion'
    GROUP BY a.model
)
SELECT
    (count(*) FILTER (WHERE newest >= $since) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max(newest) AS as_of
FROM fresh

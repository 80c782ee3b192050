-- One row per champion: the latest readings of the quality of the data it was trained on.
WITH newest AS (
    SELECT subject, metric, segment, is_breach
    FROM reading
    WHERE subject_kind = 'dataset' AND metric_class = 'quality' AND "at" <= $as_of
    QUALIFY "at" = max("at") OVER (PARTITION BY subject, metric, segment)
),
latest AS (
    SELECT subject, bool_or(is_breach) AS is_breach FROM newest GROUP BY subject, metric, segment
),
checked AS (
    SELECT subject, count(*) FILTER (WHERE is_breach) AS broken FROM latest GROUP BY subject
),
champion AS (
    SELECT a.model, a.version, unnest(v.datasets) AS data
    FROM model_alias AS a
    INNER JOIN model_version AS v ON v.model = a.model AND v.version = a.version
    WHERE a.alias = 'champion'
)
SELECT
    format('{} v{}', c.model, c.version) AS resource,
    CASE
        WHEN count(k.subject) = 0 THEN 'skip'
        WHEN sum(k.broken) > 0 THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN count(k.subject) = 0 THEN format('nobody watches {}', min(c.data.name))
        WHEN sum(k.broken) > 0 THEN format('{} checks of {} fail', sum(k.broken), max_by(c.data.name, (k.broken, c.data.name)))
        ELSE format('the checks of {} pass', min(c.data.name))
    END AS reason,
    coalesce(max(m.owner), '') AS owner
FROM champion AS c
LEFT JOIN checked AS k ON k.subject = c.data.name
LEFT JOIN model AS m ON m.name = c.model
WHERE c.data.context IN ('training', '')
GROUP BY c.model, c.version
ORDER BY resource

SELECT
    a.model AS item,
    CAST(NULL AS DOUBLE) AS value,
    max(r."at") AS "at",
    CASE
        WHEN max(r."at") IS NULL THEN 'never measured'
        WHEN max(r."at") >= $since THEN format('fresh, {} min ago', date_diff('minute', max(r."at"), $as_of))
        ELSE format('silent for {} min', date_diff('minute', max(r."at"), $as_of))
    END AS note
FROM model_alias AS a
LEFT JOIN reading AS r
    ON r.subject_kind = 'model' AND r.subject = a.model AND r.metric_class IN ('accuracy', 'bias')
    AND r."at" <= $as_of
WHERE a.alias = 'champion'
GROUP BY a.model
ORDER BY "at" NULLS FIRST, item, note

-- One row per champion of a model of the tier.
WITH measured AS (
    SELECT subject, max("at") AS newest
    FROM reading
    WHERE subject_kind = 'model' AND metric_class = 'bias' AND "at" <= $as_of
    GROUP BY subject
)
SELECT
    m.name AS resource,
    CASE
        WHEN lower(coalesce(m.tags['decides_about'], 'people')) NOT IN ('people', 'customers') THEN 'skip'
        WHEN date_diff('day', b.newest, $as_of) <= $days THEN 'ok'
        ELSE 'alarm'
    END AS status,
    CASE
        WHEN b.subject IS NULL THEN 'bias was never measured'
        ELSE format('bias was measured {} days ago, {} at most', date_diff('day', b.newest, $as_of), $days)
    END AS reason,
    m.owner,
    m.tier
FROM model_alias AS a
INNER JOIN model AS m ON m.name = a.model
LEFT JOIN measured AS b ON b.subject = m.name
WHERE a.alias = 'champion' AND m.tier <= $tier AND EXISTS (SELECT 1 FROM reading)
ORDER BY m.name

-- One row per model that was measured lately.
WITH measured AS (
    SELECT subject, count(*) AS readings, max("at") AS newest
    FROM reading
    WHERE
        subject_kind = 'model' AND "at" <= $as_of
        AND "at" >= $as_of - to_days(CAST($days AS INTEGER))
    GROUP BY subject
)
SELECT
    r.subject AS resource,
    CASE WHEN m.name IS NULL THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN m.name IS NULL THEN format('{} readings in {} days of a model that is not registered', r.readings, $days)
        ELSE 'it is registered'
    END AS reason,
    coalesce(m.owner, '') AS owner
FROM measured AS r
LEFT JOIN model AS m ON m.name = r.subject
WHERE EXISTS (SELECT 1 FROM model)
ORDER BY r.subject

-- One row per champion whose monitor says which version it measures.
WITH newest AS (
    SELECT subject, version
    FROM reading
    WHERE
        subject_kind = 'model' AND version IS NOT NULL AND "at" <= $as_of
        AND "at" >= $as_of - INTERVAL 1 DAY
    QUALIFY "at" = max("at") OVER (PARTITION BY subject)
),
served AS (SELECT subject, max(version) AS version FROM newest GROUP BY subject)
SELECT
    a.model AS resource,
    CASE
        WHEN s.version = a.version OR date_diff('minute', a.since, $as_of) <= $grace_minutes THEN 'ok'
        ELSE 'alarm'
    END AS status,
    format('v{} is measured, the champion is v{} since {} min', s.version, a.version, date_diff('minute', a.since, $as_of)) AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM model_alias AS a
INNER JOIN served AS s ON s.subject = a.model
LEFT JOIN model AS m ON m.name = a.model
WHERE a.alias = 'champion'
ORDER BY a.model

-- One row per registered model that was measured lately.
WITH serving AS (
    SELECT subject, max("at") AS newest
    FROM reading
    WHERE
        subject_kind = 'model' AND "at" <= $as_of
        AND "at" >= $as_of - to_hours(CAST($hours AS INTEGER))
    GROUP BY subject
),
champion AS (SELECT model, version FROM model_alias WHERE alias = 'champion')
SELECT
    m.name AS resource,
    CASE WHEN c.model IS NULL THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN c.model IS NULL THEN format('it serves, last measured {} min ago, and has no champion', date_diff('minute', s.newest, $as_of))
        ELSE format('its champion is v{}', c.version)
    END AS reason,
    m.owner,
    m.tier
FROM model AS m
INNER JOIN serving AS s ON s.subject = m.name
LEFT JOIN champion AS c ON c.model = m.name
ORDER BY m.name

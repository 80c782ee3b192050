WITH breach AS (
    SELECT id, title, state, detected_at, acknowledged_at, resolved_at AS ended_at FROM incident
    UNION ALL
    SELECT f.id, f.title, f.state, greatest(f.detected_at, f.reopened_at), f.acknowledged_at, f.fixed_at
    FROM finding AS f
    WHERE f.class IN ('model', 'data') AND f.state <> 'false_positive'
        AND NOT EXISTS (SELECT 1 FROM incident_alert AS a WHERE a.finding_id = f.id)
)
SELECT
    avg(date_diff('second', detected_at, least(acknowledged_at, ended_at, $as_of))) / 60 :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max("at") FROM reading WHERE "at" <= $as_of) AS as_of
FROM breach
WHERE detected_at BETWEEN $since AND $as_of

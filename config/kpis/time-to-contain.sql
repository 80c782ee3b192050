WITH breach AS (
    SELECT id, title, state, detected_at, contained_at, resolved_at AS ended_at FROM incident
    UNION ALL
    SELECT f.id, f.title, f.state, greatest(f.detected_at, f.reopened_at), f.contained_at, f.fixed_at
    FROM finding AS f
    WHERE f.class IN ('model', 'data') AND f.state <> 'false_positive'
        AND NOT EXISTS (SELECT 1 FROM incident_alert AS a WHERE a.finding_id = f.id)
)
SELECT
    quantile_cont(
        date_diff('second', detected_at, greatest(detected_at, least(contained_at, ended_at, $as_of))) / 3600.0,
        0.95
    ) :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max("at") FROM reading WHERE "at" <= $as_of) AS as_of
FROM breach
WHERE detected_at BETWEEN $since AND $as_of

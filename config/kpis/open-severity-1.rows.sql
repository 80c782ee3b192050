WITH grave AS (
    SELECT id, subject, title, detected_at FROM incident WHERE severity = 4 AND resolved_at IS NULL
    UNION ALL
    SELECT f.id, f.asset, f.title, greatest(f.detected_at, f.reopened_at)
    FROM finding AS f
    WHERE f.severity = 4 AND f.state IN ('open', 'triage', 'pending_waiver')
        AND (f.class IN ('model', 'data') OR lower(f.tool) = 'alertmanager')
        AND NOT EXISTS (SELECT 1 FROM incident_alert AS a WHERE a.finding_id = f.id)
)
SELECT
    id AS item,
    CAST(NULL AS DOUBLE) AS value,
    detected_at AS "at",
    format('{:.0f} h: ', date_diff('second', detected_at, $as_of) / 3600.0) || subject || ' ' || title AS note
FROM grave
ORDER BY detected_at, item, note

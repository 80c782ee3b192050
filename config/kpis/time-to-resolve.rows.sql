WITH breach AS (
    SELECT id, title, state, detected_at AS began_at, detected_at, resolved_at AS ended_at
    FROM incident
    WHERE severity >= 3
    UNION ALL
    SELECT
        f.id, f.title, f.state, greatest(f.detected_at, f.reopened_at), f.detected_at,
        CASE WHEN f.state = 'fixed' THEN f.fixed_at END
    FROM finding AS f
    WHERE f.class IN ('model', 'data') AND f.severity >= 3
        AND f.state IN ('fixed', 'open', 'triage', 'pending_waiver')
        AND NOT EXISTS (SELECT 1 FROM incident_alert AS a WHERE a.finding_id = f.id)
)
SELECT
    id AS item,
    date_diff('second', began_at, least(ended_at, $as_of)) / 3600.0 AS value,
    detected_at AS "at",
    state || ' ' || title AS note
FROM breach
WHERE detected_at <= $as_of AND (ended_at IS NULL OR ended_at BETWEEN $since AND $as_of)
ORDER BY value DESC, item, note

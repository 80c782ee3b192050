WITH watched AS (
    SELECT subject AS name, "at" FROM reading WHERE subject_kind IN ('model', 'dataset')
    UNION ALL
    SELECT asset, scanned_at FROM scan WHERE lower(tool) = 'alertmanager'
),
seen AS (SELECT count(DISTINCT name) AS subjects, max("at") AS newest FROM watched WHERE "at" <= $as_of),
grave AS (
    SELECT id, subject, title, detected_at FROM incident WHERE severity = 4 AND resolved_at IS NULL
    UNION ALL
    SELECT f.id, f.asset, f.title, greatest(f.detected_at, f.reopened_at)
    FROM finding AS f
    WHERE f.severity = 4 AND f.state IN ('open', 'triage', 'pending_waiver')
        AND (f.class IN ('model', 'data') OR lower(f.tool) = 'alertmanager')
        AND NOT EXISTS (SELECT 1 FROM incident_alert AS a WHERE a.finding_id = f.id)
),
incidents AS (SELECT count(*) AS open FROM grave)
SELECT
    CASE WHEN s.subjects > 0 THEN i.open END :: DOUBLE AS value,
    s.subjects AS sample,
    s.newest AS as_of
FROM seen AS s, incidents AS i

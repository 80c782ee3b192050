WITH watched AS (
    SELECT subject AS name, "at" FROM reading WHERE subject_kind IN ('model', 'dataset')
    UNION ALL
    SELECT asset, scanned_at FROM scan WHERE lower(tool) = 'alertmanager'
),
seen AS (SELECT count(DISTINCT name) AS subjects, max("at") AS newest FROM watched WHERE "at" <= $as_of),
incidents AS (
    SELECT count(*) AS open
    FROM finding
    WHERE
        severity = 4 AND state IN ('open', 'triage', 'pending_waiver')
        AND (class IN ('model', 'data') OR lower(tool) = 'alertmanager')
)
SELECT
    CASE WHEN s.subjects > 0 THEN i.open END :: DOUBLE AS value,
    s.subjects AS sample,
    s.newest AS as_of
FROM seen AS s, incidents AS i

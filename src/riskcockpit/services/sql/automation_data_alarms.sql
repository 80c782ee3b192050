-- Titles of open findings about the data that champions see: their own, or of their data sets.
-- params: none
-- returns: model, title; worst first
WITH seen AS (
    SELECT v.model, unnest([d.name FOR d IN v.datasets]) AS name
    FROM model_version AS v
    JOIN model_alias AS a ON a.model = v.model AND a.version = v.version AND a.alias = 'champion'
)
SELECT DISTINCT m.name AS model, f.title, f.severity
FROM finding AS f
JOIN model AS m ON TRUE
LEFT JOIN seen AS s ON s.model = m.name AND s.name IN (f.asset, f.resource)
WHERE f.class = 'data' AND f.state IN ('open', 'triage', 'pending_waiver')
    AND (f.model = m.name OR s.model IS NOT NULL)
ORDER BY f.severity DESC, f.title

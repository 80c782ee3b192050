-- What contributes most to the money at risk: models as they stand, and assets with their findings.
-- params: most BIGINT
-- returns: name, pillar, owner, findings (open), expected (currency of the settings)
WITH parts AS (
    SELECT
        f.pillar,
        CASE WHEN f.model <> '' THEN f.model ELSE f.asset END AS name,
        count(*) AS findings,
        coalesce(sum(f.exposure) FILTER (WHERE f.class <> 'model' OR m.name IS NULL), 0) AS expected
    FROM finding AS f
    LEFT JOIN model AS m ON m.name = f.model
    WHERE f.state IN ('open', 'triage', 'pending_waiver')
    GROUP BY ALL
    UNION ALL
    SELECT 'model_validation', name, 0, exposure FROM model
)
SELECT
    p.name,
    p.pillar,
    coalesce(max(m.owner), max(a.owner), '') AS owner,
    CAST(sum(p.findings) AS BIGINT) AS findings,
    sum(p.expected) AS expected
FROM parts AS p
LEFT JOIN model AS m ON m.name = p.name
LEFT JOIN asset AS a ON a.name = p.name
GROUP BY p.name, p.pillar
HAVING sum(p.expected) > 0
ORDER BY expected DESC, p.name, p.pillar
LIMIT $most

-- Which assets, by which tools, the findings are about that scopes own or have seen.
-- params: scopes VARCHAR[]
-- returns: scope, asset, tool
SELECT DISTINCT scope, asset, tool
FROM finding
WHERE scope IN (SELECT unnest($scopes))
UNION
SELECT finding_sighting.scope, finding.asset, finding.tool
FROM finding_sighting
JOIN finding ON finding.id = finding_sighting.finding_id
WHERE finding_sighting.scope IN (SELECT unnest($scopes))

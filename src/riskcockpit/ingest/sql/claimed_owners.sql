-- Which assets and tools the findings are of that claimed ids name, by their id or by a key they had.
-- params: ids VARCHAR[]
-- returns: id, asset, tool
SELECT id, asset, tool
FROM finding
WHERE list_contains($ids, id)
UNION ALL
SELECT finding_alias.key, finding.asset, finding.tool
FROM finding_alias
JOIN finding ON finding.id = finding_alias.finding_id
WHERE list_contains($ids, finding_alias.key)

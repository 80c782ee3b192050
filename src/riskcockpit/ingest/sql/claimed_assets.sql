-- Which assets the findings belong to that claimed ids name, by their id or by a key they had.
-- params: ids VARCHAR[]
-- returns: id, asset
SELECT id, asset
FROM finding
WHERE list_contains($ids, id)
UNION ALL
SELECT finding_alias.key, finding.asset
FROM finding_alias
JOIN finding ON finding.id = finding_alias.finding_id
WHERE list_contains($ids, finding_alias.key)

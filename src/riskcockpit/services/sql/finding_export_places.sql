-- The places of findings with several.
-- params: ids VARCHAR[]
-- returns: finding_id, path, line, col, end_line, snippet, in order for each finding
SELECT finding_id, path, line, col, end_line, snippet
FROM finding_location
WHERE list_contains($ids, finding_id)
ORDER BY finding_id, ordinal

-- Every place of some findings; a finding without any has one empty path.
-- params: ids VARCHAR[]
-- returns: id, path, line, end_line
SELECT f.id, f.path, f.line, f.end_line
FROM finding AS f
WHERE list_contains($ids, f.id)
UNION ALL
SELECT l.finding_id, l.path, l.line, l.end_line
FROM finding_location AS l
WHERE list_contains($ids, l.finding_id)

-- All places of a finding, the primary one first.
-- params: id VARCHAR
-- returns: path, line, col, end_line (from one), snippet
SELECT path, line, col, end_line, snippet
FROM finding_location
WHERE finding_id = $id
ORDER BY ordinal

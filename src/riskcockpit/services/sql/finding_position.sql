-- Where a finding stands in a key list.
-- params: id VARCHAR
-- returns: position, from zero
SELECT key.rowid AS position
FROM finding AS f
JOIN scratch.main.key_0 AS key ON key.row_id = f.rowid
WHERE f.id = $id

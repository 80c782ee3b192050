-- Where a finding stands in an ordered key list.
-- params: row_id BIGINT
-- returns: position, from zero
SELECT rowid AS position
FROM scratch.main.key_0
WHERE row_id = $row_id

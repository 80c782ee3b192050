-- Whether a finding has this id.
-- params: id VARCHAR
-- returns: one row (1), or none
SELECT 1
FROM finding
WHERE id = $id

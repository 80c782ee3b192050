-- Every key a finding was ever known by, in the order they were learnt.
-- params: id VARCHAR
-- returns: kind, key
SELECT kind, key
FROM finding_alias
WHERE finding_id = $id
ORDER BY seen_at, rowid

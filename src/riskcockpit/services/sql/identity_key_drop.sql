-- Takes keys from a finding; NULL takes all.
-- params: id VARCHAR, keys VARCHAR[]
-- returns: nothing
DELETE FROM finding_alias
WHERE finding_id = $id AND ($keys IS NULL OR list_contains($keys, key))

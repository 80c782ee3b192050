-- The versions that fix the findings with the given ids, as far as one is known.
-- params: ids VARCHAR[]
-- returns: id, fixed_version
SELECT id, fixed_version
FROM finding
WHERE id IN (SELECT unnest($ids)) AND fixed_version <> ''
ORDER BY id

-- The findings whose id starts with a text, at most six.
-- params: prefix VARCHAR
-- returns: id, row_id (which holds for this generation)
SELECT id, rowid AS row_id
FROM finding
WHERE id >= $prefix AND id < $prefix || 'g' -- ids are hex digits, g is the next letter
ORDER BY id
LIMIT 6

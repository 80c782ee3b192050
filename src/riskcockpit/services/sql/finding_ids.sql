-- The ids of the first findings of a query.
-- params: count BIGINT
-- returns: id
SELECT id
FROM finding
WHERE /*where*/ TRUE
ORDER BY /*order*/ id
LIMIT $count

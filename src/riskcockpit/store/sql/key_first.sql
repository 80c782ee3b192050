-- The first findings of a query in their order, of those with a rank of at least `least`.
-- params: least DOUBLE, count BIGINT
-- returns: row_id
SELECT rowid AS row_id
FROM finding
WHERE (/*where*/ TRUE) AND /*rank*/ 0.0 >= $least
ORDER BY /*order*/ id
LIMIT $count

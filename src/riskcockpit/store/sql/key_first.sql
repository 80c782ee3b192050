-- Makes the key list of the first findings of a query in their order, of those with a rank of at
-- least `least`.
-- params: least DOUBLE, count BIGINT
-- returns: nothing
CREATE OR REPLACE TABLE scratch.main.key_0 AS
SELECT rowid AS row_id
FROM finding
WHERE (/*where*/ TRUE) AND /*rank*/ 0.0 >= $least
ORDER BY /*order*/ id
LIMIT $count

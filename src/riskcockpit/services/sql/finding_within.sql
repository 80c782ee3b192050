-- The row of a finding, if it is one of a query.
-- params: id VARCHAR
-- returns: row_id
SELECT rowid AS row_id
FROM finding
WHERE id = $id AND (/*where*/ TRUE)

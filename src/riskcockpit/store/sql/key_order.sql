-- Some findings in the order of a query.
-- params: rows BIGINT[]
-- returns: row_id
SELECT rowid AS row_id
FROM finding
WHERE rowid IN (SELECT unnest($rows))
ORDER BY /*order*/ id

-- Some findings in the order of a query. Their rows come as a text: a list costs more to bind than to
-- look up.
-- params: rows VARCHAR
-- returns: row_id
SELECT rowid AS row_id
FROM finding
WHERE rowid IN (SELECT unnest(CAST(string_split($rows, ',') AS BIGINT[])))
ORDER BY /*order*/ id

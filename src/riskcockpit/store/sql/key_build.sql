-- Makes the ordered key list of a query; the rowid of a key is its position, from zero.
-- params: none
-- returns: nothing
CREATE OR REPLACE TABLE scratch.main.key_0 AS
SELECT CAST(rowid AS UINTEGER) AS row_id
FROM finding
WHERE /*where*/ TRUE
ORDER BY /*order*/ id

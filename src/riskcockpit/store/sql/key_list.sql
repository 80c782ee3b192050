-- Makes the list of all findings of a query with their ranks, in no order.
-- params: none
-- returns: nothing
CREATE OR REPLACE TABLE scratch.main.key_0 AS
SELECT CAST(rowid AS UINTEGER) AS row_id, /*rank*/ 0.0 AS rank
FROM finding
WHERE /*where*/ TRUE

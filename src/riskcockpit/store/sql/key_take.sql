-- Makes a key list of findings that are known.
-- params: rows BIGINT[]
-- returns: nothing
CREATE OR REPLACE TABLE scratch.main.key_0 AS
SELECT unnest($rows) AS row_id

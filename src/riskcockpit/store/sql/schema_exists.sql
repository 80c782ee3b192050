-- Whether the open file is a cache of ours: one row, or none.
-- params: none
-- returns: table_name
SELECT table_name
FROM duckdb_tables()
WHERE table_name = 'schema_step' AND NOT temporary
LIMIT 1

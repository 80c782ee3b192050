-- Every column of every table of the cache, so that test cases need to name only what matters.
-- params: none
-- returns: table_name, column_name, data_type, is_nullable
SELECT table_name, column_name, data_type, is_nullable
FROM duckdb_columns()
WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
ORDER BY table_name, column_index

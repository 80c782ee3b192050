-- Whether a generation is attached.
-- params: none
-- returns: database_name; no row when none is
SELECT database_name FROM duckdb_databases() WHERE database_name = 'generation'

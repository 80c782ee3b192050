-- Where the database lies on the disk.
-- params: none
-- returns: path (NULL for one in memory)
SELECT path FROM duckdb_databases() WHERE database_name = current_database()

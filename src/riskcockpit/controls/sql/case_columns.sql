-- Every column of every table of the cache, so that test cases need to name only what matters. A
-- finding has the text of its description here: the store keeps it apart.
-- params: none
-- returns: table_name, column_name, data_type, is_nullable
SELECT
    table_name,
    if(is_apart, 'description', name) AS column_name,
    if(is_apart, 'VARCHAR', data_type) AS data_type,
    is_nullable
FROM (
    SELECT
        table_name, column_name AS name, data_type, is_nullable, column_index,
        table_name = 'finding' AND name = 'description_id' AS is_apart
    FROM duckdb_columns()
    WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
)
ORDER BY table_name, column_index

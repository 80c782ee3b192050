-- The syntax trees of statements, which are neither bound nor run.
-- params: texts VARCHAR[]
-- returns: text, tree (JSON text; `error` is true for anything but SELECT)
SELECT text, json_serialize_sql(text) AS tree
FROM (SELECT unnest($texts) AS text)

-- The syntax tree of a statement, which is neither bound nor run.
-- params: text VARCHAR
-- returns: tree (JSON text; `error` is true for anything but SELECT)
SELECT json_serialize_sql($text) AS tree

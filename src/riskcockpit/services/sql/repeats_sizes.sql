-- The sizes of all documents that were imported.
-- params: none
-- returns: size (bytes)
SELECT DISTINCT size
FROM document

-- The scans of the last import by hand.
-- params: none
-- returns: generation, id, document, asset, tool, category, branch, content_hash, imported_at (UTC), created, updated, moved, reopened, fixed, held (counts)
SELECT
    rev AS generation, id, document, asset, tool, category, branch, content_hash, imported_at,
    created, updated, moved, reopened, fixed, held
FROM scan
WHERE source_id = 'import' AND rev = (SELECT max(rev) FROM scan WHERE source_id = 'import')
ORDER BY document, id

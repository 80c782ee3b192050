-- Notes what a document was read as.
-- params: request VARCHAR, size BIGINT, format VARCHAR, notes VARCHAR[], scopes VARCHAR[], rev BIGINT
-- returns: nothing
INSERT OR REPLACE INTO document (request, size, format, notes, scopes, rev)
VALUES ($request, $size, $format, $notes, $scopes, $rev)

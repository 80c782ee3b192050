-- Keeps a validator; the same one again changes nothing.
-- params: source_id VARCHAR, key VARCHAR, scope VARCHAR, etag VARCHAR, last_modified VARCHAR,
--    rev BIGINT
-- returns: nothing
INSERT INTO http_validator (source_id, key, scope, etag, last_modified, rev)
VALUES ($source_id, $key, $scope, $etag, $last_modified, $rev)
ON CONFLICT (source_id, key) DO UPDATE SET
    scope = excluded.scope, etag = excluded.etag, last_modified = excluded.last_modified,
    rev = excluded.rev
WHERE (scope, etag, last_modified)
    IS DISTINCT FROM (excluded.scope, excluded.etag, excluded.last_modified)

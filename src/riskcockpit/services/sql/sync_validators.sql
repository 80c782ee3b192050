-- What makes reads of the sources conditional.
-- params: none
-- returns: source_id, key, scope, etag, last_modified
SELECT source_id, key, scope, etag, last_modified
FROM http_validator
ORDER BY source_id, key

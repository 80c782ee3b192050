-- Forgets the validators of a source but those with the keys and scopes to keep.
-- params: source_id VARCHAR, keys VARCHAR[], scopes VARCHAR[]
-- returns: nothing
DELETE FROM http_validator
WHERE source_id = $source_id
  AND NOT (list_contains($keys, key) AND list_contains($scopes, scope))

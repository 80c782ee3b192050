-- Forgets the validators of sources that the settings name no more.
-- params: names VARCHAR[]
-- returns: nothing
DELETE FROM http_validator
WHERE NOT list_contains($names, source_id)

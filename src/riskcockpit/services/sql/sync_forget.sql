-- Forgets how sources stand that the settings name no more; what they gave stays.
-- params: names VARCHAR[]
-- returns: nothing
DELETE FROM source
WHERE NOT list_contains($names, name)

-- Removes how sources stand, but for some.
-- params: without VARCHAR[]
-- returns: nothing
DELETE FROM source
WHERE name NOT IN (SELECT unnest($without))

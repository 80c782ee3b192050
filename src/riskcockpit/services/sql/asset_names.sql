-- The names of all assets.
-- params: none
-- returns: name
SELECT name
FROM asset

-- The names of all models, for subjects of notes and for the nearest to a mistyped one.
-- params: none
-- returns: name
SELECT name FROM model ORDER BY name

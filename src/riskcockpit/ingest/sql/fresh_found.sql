-- Takes away the results that the passes recognised.
-- params: none
-- returns: nothing
DELETE FROM fresh
WHERE n IN (SELECT n FROM found)

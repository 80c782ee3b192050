-- How many actions are in one of `states` at one of `sources`.
-- params: states VARCHAR[], sources VARCHAR[]
-- returns: actions (count)
SELECT count(*) AS actions
FROM action
WHERE list_contains($states, state) AND list_contains($sources, source)

-- How many results of a scan were recognised.
-- params: none
-- returns: count
SELECT count(*)
FROM matched

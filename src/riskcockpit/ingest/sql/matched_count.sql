-- How many results of each scan were recognised.
-- params: none
-- returns: scan, count
SELECT scan, count(*)
FROM matched
GROUP BY scan

-- How many findings a query has.
-- params: none
-- returns: total (findings)
SELECT count(*) AS total
FROM finding
WHERE /*where*/ TRUE

-- How sources stand, but for some.
-- params: without VARCHAR[]
-- returns: the columns of source
SELECT *
FROM source
WHERE name NOT IN (SELECT unnest($without))

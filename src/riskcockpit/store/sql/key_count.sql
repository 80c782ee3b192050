-- How many findings a key list holds.
-- params: none
-- returns: total (findings)
SELECT count(*) AS total
FROM scratch.main.key_0

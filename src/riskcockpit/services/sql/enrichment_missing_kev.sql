-- How many vulnerabilities of the catalogue in force the staged one does not list.
-- params: none
-- returns: count, how many there are in force
SELECT count(*), (SELECT count(*) FROM kev_entry)
FROM kev_entry
ANTI JOIN incoming_kev USING (vulnerability)

-- How many vulnerabilities with a score in force the staged file does not score.
-- params: none
-- returns: count, how many there are in force
SELECT count(*), (SELECT count(*) FROM epss_score)
FROM epss_score
ANTI JOIN incoming_score USING (vulnerability)

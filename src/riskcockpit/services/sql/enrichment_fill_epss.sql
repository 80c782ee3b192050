-- Takes over the scores of a file.
-- params: none
-- returns: nothing
INSERT INTO epss_score BY NAME
SELECT vulnerability, probability, percentile
FROM incoming_score

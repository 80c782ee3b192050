-- Forgets all scores.
-- params: none
-- returns: nothing
DELETE FROM epss_score

-- Adds what the passes recognised.
-- params: none
-- returns: nothing
INSERT INTO matched (n, finding_id, how)
SELECT n, finding_id, how
FROM found

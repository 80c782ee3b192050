-- Adds what the passes recognised.
-- params: none
-- returns: nothing
INSERT INTO matched (n, scan, finding_id, finding_row, how)
SELECT n, scan, finding_id, finding_row, how
FROM found

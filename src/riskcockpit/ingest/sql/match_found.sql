-- Adds what the passes recognised.
-- params: none
-- returns: nothing
INSERT INTO matched (n, scan, finding_id, finding_row, how, is_doubtful, is_elsewhere)
SELECT n, scan, finding_id, finding_row, how, true, true
FROM found

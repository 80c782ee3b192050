-- Forgets statements that are in force no more.
-- params: none
-- returns: nothing
DELETE FROM finding_vex
WHERE finding_id IN (SELECT finding_id FROM vex_change WHERE statement_id IS NULL)

-- Lets `finding` be the table again.
-- params: none
-- returns: nothing
DROP VIEW IF EXISTS temp.finding

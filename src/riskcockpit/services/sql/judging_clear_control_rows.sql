-- Forget the rows behind the verdicts of the last judgement.
-- params: none
-- returns: nothing
DELETE FROM control_row

-- Forget the verdicts of the last judgement; the new ones are written in the same transaction.
-- params: none
-- returns: nothing
DELETE FROM control

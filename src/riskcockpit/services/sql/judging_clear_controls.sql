-- Forget the verdicts of the last judgement; all are written anew in the same transaction.
-- params: none
-- returns: nothing
DELETE FROM control

-- Forget the definitions of the last judgement.
-- params: none
-- returns: nothing
DELETE FROM kpi

-- Forgets who owns the paths of assets whose rules have changed.
-- params: none
-- returns: nothing
DELETE FROM path_owner
WHERE asset IN (SELECT asset FROM changed_subject)

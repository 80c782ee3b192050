-- Forgets a key list and gives its memory back.
-- params: none
-- returns: nothing
DROP TABLE IF EXISTS scratch.main.key_0

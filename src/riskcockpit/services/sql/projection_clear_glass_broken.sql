-- Empties the table glass_broken, which is written anew from the ledger.
-- params: none
-- returns: nothing
DELETE FROM glass_broken

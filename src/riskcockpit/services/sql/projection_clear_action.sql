-- Empties the table action, which is written anew from the ledger.
-- params: none
-- returns: nothing
DELETE FROM action

-- Empties the table waiver, which is written anew from the ledger.
-- params: none
-- returns: nothing
DELETE FROM waiver

-- Empties the table ledger_entry, which is written anew from the ledger.
-- params: none
-- returns: nothing
DELETE FROM ledger_entry

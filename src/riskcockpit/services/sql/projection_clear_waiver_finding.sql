-- Empties the table waiver_finding, which is written anew from the ledger.
-- params: none
-- returns: nothing
DELETE FROM waiver_finding

-- Empties the projection, which is written anew from the ledger.
-- params: none
-- returns: nothing
DELETE FROM incident_event

-- Ends the transaction of a guarded statement, failed or not; there is nothing to keep.
-- params: none
-- returns: nothing
ROLLBACK

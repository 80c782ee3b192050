-- Starts a transaction that cannot write, for one guarded statement.
-- params: none
-- returns: nothing
BEGIN TRANSACTION READ ONLY

-- Writes everything into the database file and empties the log beside it.
-- params: none
-- returns: nothing
CHECKPOINT

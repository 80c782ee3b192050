-- Adds a database in memory to a read-only connection; all cursors of the connection share it.
-- params: none
-- returns: nothing
ATTACH IF NOT EXISTS ':memory:' AS scratch (READ_WRITE)

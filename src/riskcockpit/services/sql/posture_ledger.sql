-- How many entries the ledger holds and which one is the newest.
-- params: none
-- returns: entries (count), head (hash; NULL without entries)
SELECT count(*) AS entries, arg_max(hash, (ts, seq)) AS head
FROM ledger_entry

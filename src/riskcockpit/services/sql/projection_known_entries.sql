-- The hashes of the ledger entries that are in the cache.
-- params: none
-- returns: hash
SELECT hash FROM ledger_entry

-- The last ledger entry of each chain that is in the cache: what was there when it was published.
-- params: none
-- returns: chain, hash
SELECT chain, arg_max(hash, seq) AS hash FROM ledger_entry GROUP BY chain ORDER BY chain

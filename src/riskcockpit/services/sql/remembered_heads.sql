-- The last ledger entry of each chain that is in the cache: what was there when it was published.
-- params: none
-- returns: chain, hash
SELECT chain, hash
FROM ledger_entry
QUALIFY row_number() OVER (PARTITION BY chain ORDER BY seq DESC, hash) = 1
ORDER BY chain

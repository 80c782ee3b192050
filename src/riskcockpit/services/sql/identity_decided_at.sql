-- When a decision was signed.
-- params: id VARCHAR
-- returns: ts (UTC)
SELECT ts
FROM ledger_entry
WHERE hash = $id

-- Rollbacks that were asked for and are neither approved, rejected nor undone.
-- params: none
-- returns: hash, actor, ts (UTC), subject (model), summary
SELECT r.hash, r.actor, r.ts, r.subject, r.summary
FROM ledger_entry AS r
WHERE r.type = 'rollback.requested'
    AND NOT EXISTS (
        SELECT 1 FROM ledger_entry AS d
        WHERE d.type IN ('rollback.approved', 'approval.rejected', 'undo', 'rollback.executed')
            AND d.data LIKE '%' || r.hash || '%'
    )
ORDER BY r.ts

-- Actions that did not come to an end by themselves: refused, unknown, in doubt, or still open upstream.
-- params: none
-- returns: id, kind, target, state, message, updated_at (UTC)
SELECT id, kind, target, state, message, updated_at
FROM action
WHERE state IN ('refused', 'unknown', 'in_doubt', 'pending', 'pending_upstream')
ORDER BY updated_at DESC

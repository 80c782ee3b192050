-- Actions that did not come to an end: refused, unknown, or still waiting for a decision or for upstream.
-- params: none
-- returns: id, kind, target, state, message, decided_by, updated_at (UTC)
SELECT id, kind, target, state, message, decided_by, updated_at
FROM action
WHERE state IN ('refused', 'unknown', 'pending_upstream')
ORDER BY updated_at DESC

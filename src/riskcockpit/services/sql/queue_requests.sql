-- Actions that were asked for and wait for somebody's key.
-- params: none
-- returns: id (hash of the request), actor, requested_at (UTC), kind, target, params (JSON)
SELECT id, decided_by AS actor, decided_at AS requested_at, kind, target, params
FROM action
WHERE state = 'requested'
ORDER BY decided_at

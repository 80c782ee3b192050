-- Rollbacks that were asked for and wait for somebody's key.
-- params: none
-- returns: id (hash of the request), actor, requested_at (UTC), model, params (JSON)
SELECT id, decided_by AS actor, decided_at AS requested_at, split_part(target, '@', 1) AS model, params
FROM action
WHERE state = 'requested'
ORDER BY decided_at

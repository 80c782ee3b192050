-- Rollbacks that were asked for and wait for somebody's key.
-- params: none
-- returns: id (hash of the request), actor, ts (UTC), subject (model), target, params (JSON)
SELECT
    id,
    decided_by AS actor,
    decided_at AS ts,
    split_part(target, '@', 1) AS subject,
    target,
    params
FROM action
WHERE state = 'requested'
ORDER BY decided_at

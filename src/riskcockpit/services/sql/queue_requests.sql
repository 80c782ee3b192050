-- Actions that were asked for and wait for somebody's key, and what automation proposed.
-- params: none
-- returns: id (hash of the entry), actor, requested_at (UTC), kind, target, params (JSON)
SELECT id, decided_by AS actor, decided_at AS requested_at, kind, target, params
FROM action
WHERE state = 'requested'
UNION ALL
SELECT
    id, proposed_by, "at", 'rollback.proposed', model || '@champion',
    CAST(json_object('from', from_version, 'to', to_version, 'because', because) AS VARCHAR)
FROM proposal
WHERE state = 'open'
ORDER BY requested_at

-- Actions that were asked for and wait for somebody's key, and what automation proposed.
-- params: none
-- returns: id (hash of the entry), actor, requested_at (UTC), kind, target, params (JSON), could_sign (principals; of what was proposed empty)
SELECT id, decided_by AS actor, decided_at AS requested_at, kind, target, params,
    coalesce(could_sign, []) AS could_sign
FROM action
WHERE state = 'requested'
UNION ALL
SELECT
    id, proposed_by, "at", 'rollback.proposed', model || '@champion',
    CAST(json_object('from', from_version, 'to', to_version, 'because', because) AS VARCHAR),
    []
FROM proposal
WHERE state = 'open'
ORDER BY requested_at

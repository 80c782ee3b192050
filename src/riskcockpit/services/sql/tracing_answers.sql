-- What people said to a deployment: upstream, over all its records of production, and here.
-- params: id VARCHAR
-- returns: actor, answer, at, source, reference
SELECT DISTINCT a.actor, a.answer, a."at", o.source_id AS source, a.upstream_id AS reference
FROM deployment_link AS l
JOIN deployment AS o ON o.id = l.other_id AND o.is_production
JOIN deployment_approval AS a ON a.deployment_id = o.id
WHERE l.deployment_id = $id
UNION
SELECT
    e.decided_by AS actor,
    CASE WHEN e.kind = 'deployment.approve' THEN 'approved' ELSE 'rejected' END AS answer,
    e.decided_at AS "at", 'ledger' AS source, e.id AS reference
FROM deployment_link AS l
JOIN deployment AS o ON o.id = l.other_id AND o.is_production
JOIN action AS e
    ON e.source = o.source_id AND e.kind IN ('deployment.approve', 'deployment.reject')
    AND e.state = 'done'
    AND (
        (e.target = o.asset || '@' || o.environment AND json_extract_string(e.params, '$.run') = o.pipeline)
        OR (split_part(e.target, '@', 1) = split_part(o.upstream_id, '#', 1)
            AND json_extract_string(e.params, '$.run') = split_part(o.upstream_id, '#', 2))
    )
WHERE l.deployment_id = $id
ORDER BY "at" NULLS FIRST, source, actor, answer

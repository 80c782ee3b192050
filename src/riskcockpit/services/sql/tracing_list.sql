-- The deployments to production that are traced, the newest first, each with its gaps in order.
-- params: none
-- returns: id, source, asset, environment, status, at, commit, actor, links, reasons, mends
WITH told AS (
    SELECT l.deployment_id, max_by(o.commit_id, (o.at_place, o.id)) AS commit
    FROM deployment_link AS l
    JOIN deployment AS o ON o.id = l.other_id
    WHERE o.commit_id <> ''
    GROUP BY l.deployment_id
), missing AS (
    SELECT
        deployment_id,
        list(link ORDER BY place, reason) AS links,
        list(reason ORDER BY place, reason) AS reasons,
        list(mend ORDER BY place, reason) AS mends
    FROM (
        SELECT
            *,
            list_position(['commit', 'pipeline', 'scans', 'approval', 'model'], link) AS place
        FROM deployment_gap
    )
    GROUP BY deployment_id
)
SELECT
    d.id, d.source_id AS source, d.asset, d.environment, d.status, d.at_place AS "at",
    coalesce(nullif(d.commit_id, ''), t.commit, '') AS commit, d.actor,
    coalesce(m.links, []) AS links, coalesce(m.reasons, []) AS reasons,
    coalesce(m.mends, []) AS mends
FROM deployment AS d
LEFT JOIN told AS t ON t.deployment_id = d.id
LEFT JOIN missing AS m ON m.deployment_id = d.id
WHERE d.id IN (SELECT deployment_id FROM deployment_link)
ORDER BY d.at_place DESC, d.id

-- What each source says of the same delivery: itself first, then the others, the oldest first.
-- params: id VARCHAR
-- returns: id, source, upstream_id, asset, environment, is_production, status, commit, ref,
-- pipeline, url, artifacts, actor, started_at, finished_at
SELECT
    o.id, o.source_id AS source, o.upstream_id, o.asset, o.environment, o.is_production, o.status,
    o.commit_id AS commit, o.ref, o.pipeline, o.url, o.artifacts, o.actor, o.started_at,
    o.finished_at
FROM deployment_link AS l
JOIN deployment AS o ON o.id = l.other_id
WHERE l.deployment_id = $id
ORDER BY o.id <> $id, o.at_place, o.id

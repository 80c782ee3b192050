-- Writes down the deployments that are news; what follows from others is settled later.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO deployment BY NAME
SELECT
    i.id, $source_id AS source_id, i.upstream_id, i.asset, i.environment,
    coalesce(i.is_production_told, false) AS is_production, i.is_production_told, i.status,
    i.commit_id, i.ref, i.pipeline, i.url, i.artifacts, i.model, i.model_version, i.actor,
    i.started_at, i.finished_at, i.at_place, i.observed_at, i.content, '' AS previous_id,
    $now AS seen_at, $rev AS rev
FROM incoming_deployment AS i
JOIN newer_deployment AS n ON n.id = i.id AND n.content = i.content
QUALIFY row_number() OVER (PARTITION BY i.id ORDER BY i.observed_at DESC, i.upstream_id) = 1

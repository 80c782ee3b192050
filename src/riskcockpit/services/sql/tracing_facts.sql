-- What is known of each deployment to production that is traced, as far as its gaps follow from it.
-- Scans count that were complete and ran within `days` before; approvals that were given to a record
-- of production, or that were decided here and carried out.
-- Of one deployment, or with an empty `id` of all.
-- params: days INTEGER, id VARCHAR
-- returns: id, asset, environment, actors, commit, pipelines, approvers, rejecters, complete_scans,
-- partial_scans, newest_scan, at, model, model_version, model_is_known, version_is_known, run_id,
-- run_user, has_data, validated_by, is_approved, is_rolled_back
WITH traced AS (
    SELECT d.* FROM deployment AS d
    WHERE d.id IN (SELECT deployment_id FROM deployment_link) AND ($id = '' OR d.id = $id)
), gathered AS (
    SELECT
        l.deployment_id AS id,
        max_by(o.commit_id, (o.at_place, o.id)) FILTER (WHERE o.commit_id <> '') AS found_commit,
        list(DISTINCT o.pipeline ORDER BY o.pipeline) FILTER (WHERE o.pipeline <> '') AS pipelines,
        list(DISTINCT o.actor ORDER BY o.actor) FILTER (WHERE o.actor <> '') AS actors,
        max_by(o.model, (o.at_place, o.id))
            FILTER (WHERE o.model <> '' AND o.is_production) AS found_model,
        max_by(o.model_version, (o.at_place, o.id))
            FILTER (WHERE o.model <> '' AND o.is_production) AS found_version
    FROM deployment_link AS l
    JOIN deployment AS o ON o.id = l.other_id
    WHERE $id = '' OR l.deployment_id = $id
    GROUP BY l.deployment_id
), answered AS (
    SELECT l.deployment_id AS id, a.actor, a.answer
    FROM deployment_link AS l
    JOIN deployment AS o ON o.id = l.other_id AND o.is_production
    JOIN deployment_approval AS a ON a.deployment_id = o.id
    UNION
    SELECT l.deployment_id AS id, e.decided_by, 'approved'
    FROM deployment_link AS l
    JOIN deployment AS o ON o.id = l.other_id AND o.is_production
    JOIN action AS e
        ON e.source = o.source_id AND e.kind = 'deployment.approve' AND e.state = 'done'
        AND (
            (e.target = o.asset || '@' || o.environment AND json_extract_string(e.params, '$.run') = o.pipeline)
            OR (split_part(e.target, '@', 1) = split_part(o.upstream_id, '#', 1)
                AND json_extract_string(e.params, '$.run') = split_part(o.upstream_id, '#', 2))
        )
), approvals AS (
    SELECT
        id,
        list(DISTINCT actor ORDER BY actor) FILTER (WHERE answer = 'approved') AS approvers,
        list(DISTINCT actor ORDER BY actor) FILTER (WHERE answer = 'rejected') AS rejecters
    FROM answered
    GROUP BY id
), scans AS (
    SELECT
        d.id,
        count(*) FILTER (
            WHERE s.is_complete AND s.scanned_at >= d.at_place - to_days($days)
        ) AS complete_scans,
        count(*) FILTER (
            WHERE NOT s.is_complete AND s.scanned_at >= d.at_place - to_days($days)
        ) AS partial_scans,
        max(s.scanned_at) AS newest_scan
    FROM traced AS d
    JOIN deployment_subject AS j ON j.deployment_id = d.id
    JOIN scan AS s
        ON s.asset = j.asset AND s.scanned_at <= d.at_place
        AND s.outcome IN ('applied', 'held', 'repeated')
        AND NOT starts_with(s.tool, 'riskcockpit.')
        AND NOT EXISTS (FROM vex_statement WHERE vex_statement.scope = s.scope)
    GROUP BY d.id
), tagged AS (
    SELECT model, version, unnest(map_values(tags)) AS word FROM model_version
), named AS (
    SELECT d.id, coalesce(nullif(d.commit_id, ''), g.found_commit) AS word
    FROM traced AS d
    JOIN gathered AS g ON g.id = d.id
    UNION
    SELECT id, unnest(artifacts) AS word FROM traced
), trained AS (
    SELECT n.id, min(v.model) AS model, max(v.version) AS version
    FROM named AS n
    JOIN tagged AS v ON v.word = n.word
    GROUP BY n.id
    HAVING count(DISTINCT v.model) = 1
), served AS (
    SELECT
        d.id,
        coalesce(nullif(d.model, ''), g.found_model, t.model, '') AS model,
        CASE
            WHEN d.model <> '' THEN coalesce(d.model_version, g.found_version)
            WHEN g.found_model <> '' THEN g.found_version
            ELSE t.version
        END AS version
    FROM traced AS d
    JOIN gathered AS g ON g.id = d.id
    LEFT JOIN trained AS t ON t.id = d.id
)
SELECT
    d.id, d.asset, d.environment, coalesce(g.actors, []) AS actors,
    coalesce(nullif(d.commit_id, ''), g.found_commit, '') AS commit,
    coalesce(g.pipelines, []) AS pipelines, coalesce(a.approvers, []) AS approvers,
    coalesce(a.rejecters, []) AS rejecters, coalesce(s.complete_scans, 0) AS complete_scans,
    coalesce(s.partial_scans, 0) AS partial_scans, s.newest_scan, d.at_place AS "at",
    m.model, coalesce(m.version, l.version) AS model_version,
    r.name IS NOT NULL AS model_is_known, v.model IS NOT NULL AS version_is_known,
    coalesce(v.run_id, '') AS run_id, coalesce(v.run_user, '') AS run_user,
    coalesce(len(list_filter(v.datasets, lambda one: one.digest <> '')) > 0, false) AS has_data,
    coalesce(v.validated_by, '') AS validated_by, coalesce(v.is_approved, false) AS is_approved,
    coalesce(v.is_rolled_back, false) AS is_rolled_back
FROM traced AS d
JOIN gathered AS g ON g.id = d.id
JOIN served AS m ON m.id = d.id
LEFT JOIN approvals AS a ON a.id = d.id
LEFT JOIN scans AS s ON s.id = d.id
LEFT JOIN model_alias AS l ON l.model = m.model AND l.alias = 'champion'
LEFT JOIN model AS r ON r.name = m.model
LEFT JOIN model_version AS v
    ON v.model = m.model AND v.version = coalesce(m.version, l.version)
ORDER BY d.at_place DESC, d.id

-- Names what explains each change of a setting that nothing did: a deployment with a known origin
-- (a commit or a run) that brought just that to just there at the time, or a decision of ours about
-- it that was carried out. A rollout of the cluster alone explains nothing: anybody may start one.
-- params: rev BIGINT
-- returns: nothing
UPDATE setting_change
SET explained_by = wanted.explained_by, rev = $rev
FROM (
    WITH asked AS (
        SELECT
            *,
            list_filter(
                string_split(to_value, ', '),
                lambda part: NOT list_contains(string_split(from_value, ', '), part)
            ) AS news
        FROM setting_change
        WHERE explained_by = '' AND kind <> 'agreement'
    ), known AS (
        SELECT
            id, source_id, asset, environment, commit_id, ref, artifacts, at_place,
            coalesce(started_at, at_place) AS began
        FROM deployment
        WHERE (commit_id <> '' OR pipeline <> '') AND status <> 'waiting' AND status <> 'stopped'
    ), by_deployment AS (
        SELECT c.source_id, c.kind, c.asset, c.name, c."at", min_by(d.id, (d.at_place, d.id)) AS explained_by
        FROM asked AS c
        JOIN known AS d
            ON d.began <= c."at" + INTERVAL 1 HOUR
            AND d.at_place >= c.seen_before - INTERVAL 1 DAY
        WHERE c.kind IN ('workload', 'serving') AND (
            (d.source_id = c.source_id AND d.asset = c.asset AND d.environment = c.environment
                AND d.at_place > c.seen_before)
            OR list_has_any(d.artifacts, c.news)
            OR (length(d.commit_id) >= 7 AND len(list_filter(
                c.news, lambda part: contains(part, left(d.commit_id, 7))
            )) > 0)
            OR (regexp_full_match(d.ref, 'v?\d+(\.\d+)+.*') AND len(list_filter(
                c.news, lambda part: ends_with(part, ':' || d.ref)
                    OR ends_with(part, ':' || ltrim(d.ref, 'v'))
            )) > 0)
        )
        GROUP BY ALL
    ), by_decision AS (
        SELECT c.source_id, c.kind, c.asset, c.name, c."at", max_by(a.id, (a.decided_at, a.id)) AS explained_by
        FROM asked AS c
        JOIN action AS a
            ON a.source = c.source_id AND a.state IN ('sent', 'done', 'pending_upstream')
            AND (split_part(a.target, '@', 1) = c.asset
                OR (c.kind = 'serving' AND starts_with(a.kind, 'model.')))
            AND a.kind IN ('deployment.rollback', 'model.rollback', 'model.promote')
            AND a.decided_at BETWEEN c.seen_before - INTERVAL 1 DAY AND c."at" + INTERVAL 1 HOUR
        GROUP BY ALL
    )
    SELECT * FROM by_decision
    UNION ALL
    SELECT * FROM by_deployment AS d
    WHERE NOT EXISTS (
        FROM by_decision AS o
        WHERE (o.source_id, o.kind, o.asset, o.name, o."at")
            = (d.source_id, d.kind, d.asset, d.name, d."at")
    )
) AS wanted
WHERE setting_change.source_id = wanted.source_id AND setting_change.kind = wanted.kind
    AND setting_change.asset = wanted.asset AND setting_change.name = wanted.name
    AND setting_change."at" = wanted."at" AND setting_change.explained_by = ''

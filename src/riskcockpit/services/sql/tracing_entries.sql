-- The entries of the ledger that touch a deployment: waivers that were in force when it went out and
-- cover what was deployed; what was decided about it, about its place while it served, or about its
-- model; and what came of that.
-- params: id VARCHAR, model VARCHAR
-- returns: hash, ts, actor, type, summary
WITH deployed AS (
    SELECT
        d.*,
        (SELECT min(n.at_place) FROM deployment AS n WHERE n.previous_id = d.id) AS until
    FROM deployment AS d
    WHERE d.id = $id
), waived AS (
    SELECT DISTINCT w.id
    FROM waiver AS w
    JOIN waiver_finding AS c ON c.waiver_id = w.id
    JOIN finding AS f ON f.id = c.finding_id
    JOIN deployment_subject AS j ON j.deployment_id = $id AND j.asset = f.asset
    JOIN deployed AS d ON w.decided_at <= d.at_place AND w.expires_at > d.at_place
    WHERE w.state IN ('granted', 'expired', 'revoked')
), acted AS (
    SELECT DISTINCT e.id
    FROM action AS e
    JOIN deployed AS d
        ON e.decided_at >= d.at_place - INTERVAL 7 DAY
        AND (d.until IS NULL OR e.decided_at <= d.until)
    WHERE ($model <> '' AND e.kind IN ('model.rollback', 'model.promote')
            AND split_part(e.target, '@', 1) = $model)
        OR (starts_with(e.kind, 'deployment.') AND EXISTS (
            FROM deployment_link AS l
            JOIN deployment AS o ON o.id = l.other_id
            WHERE l.deployment_id = $id AND e.source = o.source_id
                AND split_part(e.target, '@', 1) IN (o.asset, split_part(o.upstream_id, '#', 1))
                AND (json_extract_string(e.params, '$.run') IS NULL
                    OR json_extract_string(e.params, '$.run') IN (o.pipeline, split_part(o.upstream_id, '#', 2)))
        ))
), named AS (
    SELECT id FROM waived UNION SELECT id FROM acted
)
SELECT hash, ts, actor, type, summary
FROM ledger_entry
WHERE hash IN (SELECT id FROM named) OR subject IN (SELECT id FROM named)
ORDER BY ts, chain, seq

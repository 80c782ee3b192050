-- The newest scan of each tool over what was deployed, before it was; those that count are complete
-- and ran within `days` before.
-- params: id VARCHAR, days INTEGER
-- returns: tool, tool_version, asset, scanned_at, is_complete, incomplete_because, counts, findings,
-- scan, content_hash
SELECT
    s.tool, s.tool_version, s.asset, s.scanned_at, s.is_complete, s.incomplete_because,
    s.is_complete AND s.scanned_at >= d.at_place - to_days($days) AS counts,
    s.read_count AS findings, s.id AS scan, s.content_hash
FROM deployment AS d
JOIN deployment_subject AS j ON j.deployment_id = d.id
JOIN scan AS s
    ON s.asset = j.asset AND s.scanned_at <= d.at_place
    AND s.outcome IN ('applied', 'held', 'repeated')
    AND NOT starts_with(s.tool, 'riskcockpit.')
    AND NOT EXISTS (FROM vex_statement WHERE vex_statement.scope = s.scope)
WHERE d.id = $id
QUALIFY row_number() OVER (
    PARTITION BY s.tool, s.asset, s.category ORDER BY counts DESC, s.scanned_at DESC, s.id
) = 1
ORDER BY s.tool, s.asset, s.category

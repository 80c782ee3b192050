-- One row per asset and tool: closures that wait for a decision.
WITH held AS (
    SELECT scan_id, count(*) AS findings
    FROM held_closure
    WHERE released_by = ''
    GROUP BY scan_id
)
SELECT
    format('{}: {}', s.asset, s.tool) AS resource,
    CASE
        WHEN max(date_diff('hour', s.imported_at, $as_of)) FILTER (WHERE h.findings > 0) > $hours THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN sum(h.findings) > 0 THEN format('{} closures wait for a decision', sum(h.findings))
        ELSE 'no closure waits'
    END AS reason
FROM scan AS s
LEFT JOIN held AS h ON h.scan_id = s.id
GROUP BY s.asset, s.tool
ORDER BY resource

-- One row per asset and tool: what was left out of the newest report of each scope.
WITH newest AS (
    SELECT
        scope, min(asset) AS asset, min(tool) AS tool,
        arg_max(id, (scanned_at, imported_at, id)) AS id,
        arg_max(quarantined, (scanned_at, imported_at, id)) AS left_out,
        arg_max(read_count, (scanned_at, imported_at, id)) AS taken
    FROM scan
    WHERE outcome <> 'older'
    GROUP BY scope
),
reasons AS (SELECT scan_id, min(reason) AS reason FROM quarantine GROUP BY scan_id)
SELECT
    format('{}: {}', n.asset, n.tool) AS resource,
    CASE WHEN sum(n.left_out) > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN sum(n.left_out) > 0
            THEN format('{} records were left out, as: {}', sum(n.left_out), coalesce(min(r.reason), 'see the import'))
        ELSE format('{} records were read', sum(n.taken))
    END AS reason
FROM newest AS n
LEFT JOIN reasons AS r ON r.scan_id = n.id
GROUP BY n.asset, n.tool
ORDER BY resource

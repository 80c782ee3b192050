-- One row per asset of a kind: did a scanner of the wanted sort look at it, completely and lately?
-- A report about several assets counts for each of them that it ever named.
WITH wanted AS (
    SELECT scope, asset, tool, scanned_at, is_complete
    FROM scan
    WHERE
        outcome IN ('applied', 'repeated') AND scanned_at <= $as_of
        AND regexp_matches(lower(tool), $tools)
),
covered AS (
    SELECT scope, asset FROM wanted
    UNION
    SELECT scope, asset FROM finding WHERE scope IN (SELECT scope FROM wanted)
),
looked AS (
    SELECT
        c.asset,
        max(w.scanned_at) FILTER (WHERE w.is_complete) AS complete_at,
        arg_max(w.tool, (w.scanned_at, w.tool)) AS tool
    FROM covered AS c
    INNER JOIN wanted AS w ON w.scope = c.scope
    GROUP BY c.asset
)
SELECT
    a.name AS resource,
    CASE WHEN date_diff('hour', l.complete_at, $as_of) <= 24 * $days THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN l.asset IS NULL THEN 'no scan of this sort was ever seen'
        WHEN l.complete_at IS NULL THEN format('{} has looked at it, and never completely', l.tool)
        ELSE format('the last complete scan is {} h old, {} days at most', date_diff('hour', l.complete_at, $as_of), $days)
    END AS reason,
    a.owner,
    a.environment,
    a.tier
FROM asset AS a
LEFT JOIN looked AS l ON l.asset = a.name
WHERE a.kind = $kind AND a.tier <= $tier AND EXISTS (SELECT 1 FROM scan)
ORDER BY a.name

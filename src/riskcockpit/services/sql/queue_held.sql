-- Scans whose closures are held back, and that no newer scan of the same scope replaced.
-- params: none
-- returns: id, asset, tool, held (count), imported_at (UTC), created, moved, reopened (counts), live (before the scan; NULL when unknown), releasable (count)
WITH last_scan AS (
    FROM scan
    QUALIFY row_number() OVER (PARTITION BY scope ORDER BY imported_at DESC, id) = 1 AND held > 0
), closure AS (
    SELECT
        scan_id, count(*) FILTER (released_by = '') AS releasable,
        count(*) FILTER (released_by <> '') AS released
    FROM held_closure
    GROUP BY scan_id
)
SELECT
    s.id, s.asset, s.tool, s.held, s.imported_at, s.created, s.moved, s.reopened, s.live,
    coalesce(c.releasable, 0) AS releasable
FROM last_scan AS s
LEFT JOIN closure AS c ON c.scan_id = s.id
WHERE coalesce(c.released, 0) = 0
ORDER BY s.imported_at DESC

-- Scans whose closures are held back, and that no newer scan of the same scope replaced.
-- params: none
-- returns: id, asset, tool, held (count), imported_at (UTC)
SELECT id, asset, tool, held, imported_at
FROM scan
QUALIFY row_number() OVER (PARTITION BY scope ORDER BY imported_at DESC, id) = 1 AND held > 0
ORDER BY imported_at DESC

-- The last scan of every scope.
-- params: none
-- returns: tool, scanned_at (UTC), is_complete, incomplete_because, quarantined
SELECT tool, scanned_at, is_complete, incomplete_because, quarantined
FROM scan
WHERE outcome <> 'older'
QUALIFY row_number() OVER (PARTITION BY scope ORDER BY imported_at DESC, scanned_at DESC, id) = 1
ORDER BY tool, scope

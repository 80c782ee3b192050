-- The last scan of a scope that changed states; what came later is judged against it.
-- params: scope VARCHAR
-- returns: scanned_at, tool_version, content_hash, outcome, is_complete
SELECT scanned_at, tool_version, content_hash, outcome, is_complete
FROM scan
WHERE scope = $scope AND outcome IN ('applied', 'held')
ORDER BY imported_at DESC, rev DESC, id
LIMIT 1

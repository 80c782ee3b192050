-- The latest scans over the scope of a finding, newest first.
-- params: scope VARCHAR
-- returns: tool, tool_version, scanned_at (UTC), outcome, is_complete, incomplete_because, document
SELECT tool, tool_version, scanned_at, outcome, is_complete, incomplete_because, document
FROM scan
WHERE scope = $scope
ORDER BY scanned_at DESC, imported_at DESC, id
LIMIT 3

-- The last scan of a scope that changed states, and all contents that came in its import.
-- params: scope VARCHAR
-- returns: scanned_at, tool_version, outcome, is_complete, generation, contents
SELECT
    scanned_at, tool_version, outcome, is_complete, rev AS generation,
    list(content_hash) OVER (PARTITION BY rev) AS contents
FROM scan
WHERE scope = $scope AND outcome IN ('applied', 'held')
ORDER BY rev DESC, scanned_at DESC, id
LIMIT 1

-- The last scan of each scope that changed states, and all contents that came in its import.
-- params: scopes VARCHAR[]
-- returns: scope, scanned_at, tool_version, outcome, is_complete, generation, document, contents
SELECT
    scope, scanned_at, tool_version, outcome, is_complete, rev AS generation, document,
    list(content_hash) OVER (PARTITION BY scope, rev) AS contents
FROM scan
WHERE scope IN (SELECT unnest($scopes)) AND outcome IN ('applied', 'held')
QUALIFY row_number() OVER (PARTITION BY scope ORDER BY rev DESC, scanned_at DESC, id) = 1

-- What a document was read as: for each of its scopes, in their order, the last scan that changed states there.
-- params: request VARCHAR
-- returns: format, notes, scope, id, content_hash, asset, tool, category, branch, is_complete, is_held, read (count), quarantined (count), suppressed (count), evidence (count)
WITH known AS (
    SELECT format, notes, unnest(scopes) AS scope, generate_subscripts(scopes, 1) AS ordinal
    FROM document
    WHERE request = $request
),
last_scan AS (
    FROM scan
    WHERE outcome IN ('applied', 'held')
    QUALIFY row_number() OVER (PARTITION BY scope ORDER BY rev DESC, scanned_at DESC, id) = 1
)
SELECT
    k.format, k.notes, k.scope, s.id, s.content_hash, s.asset, s.tool, s.category, s.branch,
    s.is_complete, s.outcome = 'held' AS is_held, s.read_count AS read, s.quarantined,
    s.suppressed, s.evidence
FROM known AS k
LEFT JOIN last_scan AS s ON s.scope = k.scope
ORDER BY k.ordinal

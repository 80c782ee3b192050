-- The scans of the world's findings: one for each asset and tool, one to thirty hours old.
-- params: as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO scan BY NAME
SELECT
    md5(asset || tool) AS id, md5(asset || tool) AS scope, asset, tool, '1' AS tool_version,
    '' AS category, 'main' AS branch, 'sarif' AS format, 'report' AS document,
    md5(asset || tool) AS content_hash,
    CAST($as_of AS TIMESTAMP) - to_hours(CAST(1 + hash(asset) % 30 AS INTEGER)) AS scanned_at,
    CAST($as_of AS TIMESTAMP) AS imported_at, 'applied' AS outcome, true AS is_complete,
    '' AS incomplete_because, findings AS read_count, 0 AS quarantined, 0 AS suppressed,
    0 AS evidence, 0 AS created, 0 AS updated, 0 AS moved, 0 AS reopened, 0 AS unchanged,
    0 AS fixed, 0 AS held, 'bench' AS source_id, CAST($as_of AS TIMESTAMP) AS seen_at,
    CAST($rev AS BIGINT) AS rev
FROM (SELECT asset, tool, count(*) AS findings FROM finding GROUP BY asset, tool)

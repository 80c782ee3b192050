-- The newest version of each model serves.
-- params: as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model_alias BY NAME
SELECT
    name AS model, 'champion' AS alias, 3 AS version,
    CAST($as_of AS TIMESTAMP) - INTERVAL 90 DAY AS since,
    'bench' AS source_id, CAST($as_of AS TIMESTAMP) AS seen_at, CAST($rev AS BIGINT) AS rev
FROM model

-- The assets of the world's findings, described.
-- params: as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO asset BY NAME
SELECT
    asset AS name,
    CASE WHEN asset LIKE 'model-%' THEN 'model' WHEN asset LIKE 'data-%' THEN 'dataset'
         ELSE ['repository', 'image', 'service', 'cloud_account'][1 + CAST(hash(asset) % 4 AS INTEGER)] END AS kind,
    'payments' AS domain, any_value(owner) AS owner, 'production' AS environment,
    CAST(1 + hash(asset) % 3 AS TINYINT) AS tier, 'bench' AS source_id,
    CAST($as_of AS TIMESTAMP) AS seen_at, CAST($rev AS BIGINT) AS rev
FROM finding
GROUP BY asset

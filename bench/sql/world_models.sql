-- `count` registered models.
-- params: count BIGINT, as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model BY NAME
SELECT
    'model-' || range AS name, 'team-' || (range % 37) AS owner,
    CAST(1 + range % 3 AS TINYINT) AS tier, 'payments' AS domain, 'Scores something' AS purpose,
    'Scores something that matters' AS description,
    MAP {'risk_tier': CAST(1 + range % 3 AS VARCHAR)} AS tags, 0 AS exposure,
    'bench' AS source_id, CAST($as_of AS TIMESTAMP) AS seen_at, CAST($rev AS BIGINT) AS rev
FROM range($count)

-- Record money at risk per pillar: open findings and, for model validation, the models' baselines.
-- params: now TIMESTAMP, rev BIGINT, pillars VARCHAR[]
-- returns: count of pillars
INSERT INTO exposure_reading (pillar, "at", expected, waived, driver, driver_amount, rev)
WITH parts AS (
    SELECT
        pillar,
        CASE WHEN model <> '' THEN model ELSE asset END AS driver,
        sum(exposure) FILTER (WHERE state <> 'waived') AS expected,
        sum(exposure) FILTER (WHERE state = 'waived') AS waived
    FROM finding
    WHERE state IN ('open', 'triage', 'pending_waiver', 'waived')
    GROUP BY ALL
    UNION ALL
    SELECT 'model_validation', m.name, b.amount, 0
    FROM model AS m
    JOIN model_alias AS a ON a.model = m.name AND a.alias = 'champion'
    JOIN model_baseline AS b ON b.tier = m.tier
),
drivers AS (
    SELECT pillar, driver, coalesce(sum(expected), 0) AS expected, coalesce(sum(waived), 0) AS waived
    FROM parts
    GROUP BY pillar, driver
)
SELECT
    p.pillar,
    $now,
    coalesce(sum(d.expected), 0),
    coalesce(sum(d.waived), 0),
    coalesce(arg_max(d.driver, (d.expected, d.driver)) FILTER (WHERE d.expected > 0), ''),
    coalesce(max(d.expected), 0),
    $rev
FROM (SELECT unnest($pillars::VARCHAR[]) AS pillar) AS p
LEFT JOIN drivers AS d ON d.pillar = p.pillar
GROUP BY p.pillar

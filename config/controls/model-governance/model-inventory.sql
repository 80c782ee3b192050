-- One row per production model: what its entry in the registry lacks.
WITH champion AS (
    SELECT
        a.model,
        concat_ws(
            ', ',
            CASE WHEN coalesce(m.owner, '') = '' THEN 'owner' END,
            CASE WHEN coalesce(m.tags['risk_tier'], '') = '' THEN 'tier' END,
            CASE WHEN coalesce(m.purpose, '') = '' THEN 'purpose' END
        ) AS missing,
        coalesce(m.owner, '') AS owner,
        coalesce(m.tier, 3) AS tier
    FROM model_alias AS a
    LEFT JOIN model AS m ON m.name = a.model
    WHERE a.alias = 'champion'
)
SELECT
    model AS resource,
    CASE WHEN missing = '' THEN 'ok' ELSE 'alarm' END AS status,
    CASE WHEN missing = '' THEN 'owner, tier and purpose are named' ELSE 'nobody has named: ' || missing END AS reason,
    owner,
    tier
FROM champion
ORDER BY model

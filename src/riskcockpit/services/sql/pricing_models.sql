-- Give each model with a champion its baseline and the prices of its open findings.
-- params: rev BIGINT
-- returns: count of changed models
UPDATE model
SET exposure = priced.amount, rev = $rev
FROM (
    SELECT
        m.name,
        coalesce(b.amount, 0) + coalesce(sum(f.exposure), 0) AS amount
    FROM model AS m
    LEFT JOIN model_alias AS a ON a.model = m.name AND a.alias = 'champion'
    LEFT JOIN model_baseline AS b ON b.tier = m.tier AND a.version IS NOT NULL
    LEFT JOIN finding AS f
        ON f.model = m.name AND f.class = 'model'
        AND f.state IN ('open', 'triage', 'pending_waiver')
    GROUP BY m.name, b.amount
) AS priced
WHERE model.name = priced.name AND model.exposure <> priced.amount

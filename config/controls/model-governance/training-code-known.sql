-- One row per champion.
WITH champion AS (
    SELECT
        a.model,
        a.version,
        CASE
            WHEN v.model IS NULL THEN 'the registry does not know this version'
            WHEN NOT regexp_full_match(coalesce(v.tags[$tag], ''), '[0-9a-f]{7,64}') THEN format('its tag {} names no commit', $tag)
        END AS fault
    FROM model_alias AS a
    LEFT JOIN model_version AS v ON v.model = a.model AND v.version = a.version
    WHERE a.alias = 'champion'
)
SELECT
    format('{} v{}', c.model, c.version) AS resource,
    CASE WHEN c.fault IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    coalesce(c.fault, 'recorded') AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM champion AS c
LEFT JOIN model AS m ON m.name = c.model
ORDER BY resource

-- One row per champion.
WITH champion AS (
    SELECT
        a.model,
        a.version,
        CASE
            WHEN v.model IS NULL THEN 'the registry does not know this version'
            WHEN v.status <> 'READY' THEN format('its status is {}', v.status)
            WHEN v.is_rolled_back THEN 'it was rolled back before'
            WHEN NOT v.is_approved THEN 'validation has not approved it'
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

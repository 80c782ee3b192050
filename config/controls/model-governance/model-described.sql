-- One row per champion.
WITH champion AS (
    SELECT
        a.model,
        a.version,
        CASE
            WHEN v.model IS NULL THEN 'the registry does not know this version'
            WHEN length(trim(v.description)) < $characters
                AND NOT EXISTS (
                    SELECT 1 FROM model AS d
                    WHERE d.name = a.model AND length(trim(d.description)) >= $characters
                )
                AND len(list_filter(v.artifacts, lambda path: regexp_matches(lower(path), 'model_?card'))) = 0
                THEN 'neither a description nor a model card'
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

-- One row per champion.
WITH champion AS (
    SELECT
        a.model,
        a.version,
        CASE
            WHEN v.model IS NULL THEN 'the registry does not know this version'
            WHEN len(list_filter(v.datasets, lambda d: d.digest <> '' AND d.context IN ('test', 'testing', 'validation', 'evaluation', 'holdout'))) = 0
                THEN 'its run names no test data with a digest'
            WHEN len(list_filter(
                v.datasets,
                lambda d: d.context IN ('test', 'testing', 'validation', 'evaluation', 'holdout')
                    AND list_contains(list_transform(list_filter(v.datasets, lambda t: t.context = 'training'), lambda t: t.digest), d.digest)
            )) > 0
                THEN 'it was tested on the data it was trained on'
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

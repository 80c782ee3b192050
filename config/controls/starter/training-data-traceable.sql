-- One row per champion: does its run name training data with a digest? A run that names no
-- context at all is taken at its word that the data is what it was trained on.
SELECT
    format('{} v{}', a.model, a.version) AS resource,
    CASE WHEN len(traced) > 0 THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN len(traced) > 0 THEN format('trained on {} with digest {}', traced[1].name, traced[1].digest)
        WHEN v.model IS NULL THEN 'the registry does not know this version'
        ELSE 'no training data with a digest in its run'
    END AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM model_alias AS a
LEFT JOIN model AS m ON m.name = a.model
LEFT JOIN (
    SELECT
        model,
        version,
        list_filter(datasets, lambda d: d.digest <> '' AND d.context IN ('training', '')) AS traced
    FROM model_version
) AS v ON v.model = a.model AND v.version = a.version
WHERE a.alias = 'champion'
ORDER BY resource

SELECT
    model AS item,
    CAST(NULL AS DOUBLE) AS value,
    "at",
    format('v{} to {}', from_version, coalesce('v' || to_version, 'nothing')) AS note
FROM model_alias_move
WHERE
    alias = 'champion' AND from_version IS NOT NULL AND decision_id = ''
    AND "at" BETWEEN $since AND $as_of
UNION ALL
SELECT
    asset AS item,
    CAST(NULL AS DOUBLE) AS value,
    "at",
    format('{}: {} to {}', name, left(from_value, 60), left(to_value, 60)) AS note
FROM setting_change
WHERE
    explained_by = '' AND kind <> 'agreement' AND is_production
    AND "at" BETWEEN $since AND $as_of
ORDER BY "at" DESC, item, note

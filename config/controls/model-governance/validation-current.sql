-- One row per champion.
WITH champion AS (
    SELECT
        a.model,
        a.version,
        CASE
            WHEN v.model IS NULL THEN 'the registry does not know this version'
            WHEN date_diff('day', coalesce(try_cast(v.tags['validated_at'] AS TIMESTAMP), v.created_at), $as_of)
                > coalesce((SELECT CASE d.tier WHEN 1 THEN $tier_1_days WHEN 2 THEN $tier_2_days END FROM model AS d WHERE d.name = a.model), $other_days)
                THEN format('validated {} days ago', date_diff('day', coalesce(try_cast(v.tags['validated_at'] AS TIMESTAMP), v.created_at), $as_of))
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

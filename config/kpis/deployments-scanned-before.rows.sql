WITH missing AS (
    SELECT deployment_id, string_agg(reason, '; ' ORDER BY link, reason) AS reasons
    FROM deployment_gap
    WHERE link = 'scans'
    GROUP BY deployment_id
)
SELECT
    format('{}: {} {}', d.asset, d.environment, left(d.id, 10)) AS item,
    CAST(NULL AS DOUBLE) AS value,
    d.at_place AS "at",
    coalesce(m.reasons, 'a complete scan came before') AS note
FROM deployment AS d
LEFT JOIN missing AS m ON m.deployment_id = d.id
WHERE
    d.is_production AND d.status IN ('succeeded', 'failed')
    AND d.at_place BETWEEN $since AND $as_of
ORDER BY m.reasons IS NULL, d.at_place DESC, item, note

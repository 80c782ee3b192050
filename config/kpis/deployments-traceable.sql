WITH missing AS (
    SELECT deployment_id, string_agg(reason, '; ' ORDER BY link, reason) AS reasons
    FROM deployment_gap
    GROUP BY deployment_id
)
SELECT
    (count(*) FILTER (WHERE m.reasons IS NULL) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max(d.at_place) AS as_of
FROM deployment AS d
LEFT JOIN missing AS m ON m.deployment_id = d.id
WHERE
    d.is_production AND d.status IN ('succeeded', 'failed')
    AND d.at_place BETWEEN $since AND $as_of

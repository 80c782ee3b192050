-- Each KPI as it was defined for this generation, with its newest reading. A value whose inputs have
-- become too old since it was measured is stale now.
-- params: now TIMESTAMP
-- returns: id, pillar, title, definition, unit, target, direction, value (in the unit; NULL without data), sample, state, as_of (UTC)
SELECT
    k.id, k.pillar, k.title, k.definition, k.unit, k.target, k.direction,
    r.value, coalesce(r.sample, 0) AS sample,
    CASE
        WHEN date_diff('second', r.as_of, $now) > k.max_age_seconds AND r.value IS NOT NULL
            THEN 'stale'
        ELSE coalesce(r.state, 'no_data')
    END AS state,
    r.as_of
FROM kpi AS k
LEFT JOIN (
    FROM kpi_reading
    QUALIFY row_number() OVER (PARTITION BY kpi_id ORDER BY "at" DESC, rev DESC) = 1
) AS r ON r.kpi_id = k.id
ORDER BY k.ordinal

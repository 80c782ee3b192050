-- Each KPI as it was defined for this generation, with its newest reading.
-- params: none
-- returns: id, pillar, title, definition, unit, target, direction, value (in the unit; NULL without data), sample, state (when it was measured), as_of (UTC), max_age_seconds (older inputs make it stale; NULL: their age does not matter), message (why it could not be measured; empty)
SELECT
    k.id, k.pillar, k.title, k.definition, k.unit, k.target, k.direction,
    r.value, coalesce(r.sample, 0) AS sample, coalesce(r.state, 'no_data') AS state, r.as_of,
    k.max_age_seconds, coalesce(r.message, '') AS message
FROM kpi AS k
LEFT JOIN (
    FROM kpi_reading
    QUALIFY row_number() OVER (PARTITION BY kpi_id ORDER BY "at" DESC, rev DESC) = 1
) AS r ON r.kpi_id = k.id
ORDER BY k.ordinal

-- The readings of all KPIs of a period.
-- params: since TIMESTAMP, until TIMESTAMP
-- returns: kpi_id, at (UTC), value (unit of the KPI), sample, state, as_of (UTC)
SELECT kpi_id, "at", value, sample, state, as_of
FROM kpi_reading
WHERE "at" > $since AND "at" <= $until
ORDER BY "at", kpi_id

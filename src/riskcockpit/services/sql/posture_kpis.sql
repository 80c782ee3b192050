-- The newest reading of each KPI.
-- params: none
-- returns: kpi_id, value (in the KPI's unit), sample, state, as_of (UTC)
SELECT kpi_id, value, sample, state, as_of
FROM kpi_reading
QUALIFY row_number() OVER (PARTITION BY kpi_id ORDER BY "at" DESC, rev DESC) = 1

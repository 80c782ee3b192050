-- What a KPI was, newest first.
-- params: id VARCHAR, most BIGINT
-- returns: at (UTC), value (in the KPI's unit; NULL without data), sample, state (when it was measured)
SELECT "at", value, sample, state
FROM kpi_reading
WHERE kpi_id = $id
ORDER BY "at" DESC, rev DESC
LIMIT $most

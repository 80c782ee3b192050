-- The last value of each KPI on each day since that of `since`.
-- params: since TIMESTAMP
-- returns: kpi_id, day (date, UTC), value (in the KPI's unit)
SELECT kpi_id, CAST("at" AS DATE) AS day, arg_max(value, ("at", rev)) AS value
FROM kpi_reading
WHERE "at" >= date_trunc('day', CAST($since AS TIMESTAMP))
GROUP BY kpi_id, day
ORDER BY kpi_id, day

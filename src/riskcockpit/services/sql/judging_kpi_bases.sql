-- What the newest reading of each KPI rests on, of those that say it.
-- params: none
-- returns: id, digest, inputs, measured_at (UTC)
SELECT id, digest, inputs, measured_at
FROM kpi
WHERE digest IS NOT NULL AND inputs IS NOT NULL AND measured_at IS NOT NULL

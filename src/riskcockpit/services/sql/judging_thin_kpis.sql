-- Forget readings of KPIs older than `before`, but the last of each day: trends read one a day.
-- params: before TIMESTAMP
-- returns: nothing
DELETE FROM kpi_reading
USING (
    SELECT kpi_id, max("at") AS last_at, date_trunc('day', "at") AS day
    FROM kpi_reading
    WHERE "at" < $before
    GROUP BY kpi_id, date_trunc('day', "at")
) AS kept
WHERE kpi_reading.kpi_id = kept.kpi_id AND kpi_reading."at" < kept.last_at
    AND date_trunc('day', kpi_reading."at") = kept.day

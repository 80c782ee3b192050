-- Forget readings of exposure older than `before`, but the last of each day: trends read one a day.
-- params: before TIMESTAMP
-- returns: nothing
DELETE FROM exposure_reading
USING (
    SELECT pillar, max("at") AS last_at, date_trunc('day', "at") AS day
    FROM exposure_reading
    WHERE "at" < $before
    GROUP BY pillar, date_trunc('day', "at")
) AS kept
WHERE exposure_reading.pillar = kept.pillar AND exposure_reading."at" < kept.last_at
    AND date_trunc('day', exposure_reading."at") = kept.day

-- Money at risk at the end of each day since a moment: the last reading of every pillar, summed.
-- params: since TIMESTAMP
-- returns: day, expected (currency of the settings)
WITH last_of_day AS (
    SELECT pillar, CAST("at" AS DATE) AS day, arg_max(expected, ("at", rev)) AS expected
    FROM exposure_reading
    WHERE "at" >= $since
    GROUP BY ALL
)
SELECT day, sum(expected) AS expected
FROM last_of_day
GROUP BY day
ORDER BY day

-- Money at risk per pillar, oldest first: the newest reading that is not after `yesterday`, and those after it. One that says the same as the reading before it is left out, but never the newest.
-- params: yesterday TIMESTAMP
-- returns: pillar, at (UTC), expected, waived (currency of the settings), driver, driver_amount
WITH numbered AS (
    SELECT
        pillar, "at", expected, waived, driver, driver_amount, rev,
        max("at") FILTER (WHERE "at" <= $yesterday) OVER (PARTITION BY pillar) AS first_at,
        lag(expected) OVER reading AS earlier,
        row_number() OVER later = 1 AS is_newest
    FROM exposure_reading
    WINDOW reading AS (PARTITION BY pillar ORDER BY "at", rev),
        later AS (PARTITION BY pillar ORDER BY "at" DESC, rev DESC)
)
SELECT pillar, "at", expected, waived, driver, driver_amount
FROM numbered
WHERE is_newest OR "at" = first_at
    OR ((first_at IS NULL OR "at" > first_at) AND expected IS DISTINCT FROM earlier)
ORDER BY pillar, "at", rev

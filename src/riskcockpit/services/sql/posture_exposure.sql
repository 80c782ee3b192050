-- Money at risk per pillar: the newest reading, and the newest that is at least a day old.
-- params: yesterday TIMESTAMP
-- returns: pillar, expected, waived (currency of the settings), driver, driver_amount, before (NULL without one)
SELECT
    pillar,
    arg_max(expected, "at") AS expected,
    arg_max(waived, "at") AS waived,
    arg_max(driver, "at") AS driver,
    arg_max(driver_amount, "at") AS driver_amount,
    arg_max(expected, "at") FILTER (WHERE "at" <= $yesterday) AS before
FROM exposure_reading
GROUP BY pillar

-- Removes the findings of our own monitors.
-- params: monitors VARCHAR[]
-- returns: nothing
DELETE FROM finding
WHERE tool IN (SELECT unnest($monitors))

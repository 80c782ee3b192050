-- Removes the scans of our own monitors.
-- params: monitors VARCHAR[]
-- returns: nothing
DELETE FROM scan
WHERE tool IN (SELECT unnest($monitors))

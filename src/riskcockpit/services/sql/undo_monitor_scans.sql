-- The scans of our own monitors.
-- params: monitors VARCHAR[]
-- returns: the columns of scan
SELECT *
FROM scan
WHERE tool IN (SELECT unnest($monitors))

-- The scans of our own monitor.
-- params: monitor VARCHAR
-- returns: the columns of scan
SELECT *
FROM scan
WHERE tool = $monitor

-- Removes the scans of our own monitor.
-- params: monitor VARCHAR
-- returns: nothing
DELETE FROM scan
WHERE tool = $monitor

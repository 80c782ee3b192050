-- Removes the findings of our own monitor.
-- params: monitor VARCHAR
-- returns: nothing
DELETE FROM finding
WHERE tool = $monitor

-- Findings of our own monitor.
-- params: monitor VARCHAR
-- returns: the columns of finding
SELECT *
FROM finding
WHERE tool = $monitor

-- Removes the history of the findings of our own monitor; before these themselves.
-- params: monitor VARCHAR
-- returns: nothing
DELETE FROM finding_event
WHERE finding_id IN (SELECT id FROM finding WHERE tool = $monitor)

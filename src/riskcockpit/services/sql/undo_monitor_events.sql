-- The history of the findings of our own monitors.
-- params: monitors VARCHAR[]
-- returns: the columns of finding_event
SELECT *
FROM finding_event
WHERE finding_id IN (SELECT id FROM finding WHERE tool IN (SELECT unnest($monitors)))

-- Removes the history of the findings of our own monitors; before these themselves.
-- params: monitors VARCHAR[]
-- returns: nothing
DELETE FROM finding_event
WHERE finding_id IN (SELECT id FROM finding WHERE tool IN (SELECT unnest($monitors)))
